"""Standard answers: those offered for tickets, their versions for whoever writes them, and the counters' contacts."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from servicedesk.rules.answers import Stage
from servicedesk.rules.catalogue import Catalogue
from servicedesk.rules.errors import NotFound
from servicedesk.rules.richtext import RichText
from servicedesk.rules.sentences import N_
from servicedesk.rules.standard_answers import Contact, Reach, Sequel
from servicedesk.store.models.people import Person
from servicedesk.store.models.standard_answers import (
    CounterContact,
    StandardAnswer,
    StandardAnswerCount,
    StandardAnswerVersion,
)

MOST = 500
"""Standard answers looked through for one ticket, and contacts of counters."""
_IS_PUBLISHED = StandardAnswerVersion.stage == sa.literal_column("'published'")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a ticket is: its group and its category."""

    group: str
    category_key: str


@dataclass(frozen=True, slots=True)
class Offered:
    """A published standard answer; `used` counts its late uses for tickets like the one it is offered for."""

    id: int
    shortcut: str
    name: str
    reach: Reach
    sequel: Sequel
    forward_group: str
    forward_reason: str
    names_counter: bool
    used: int


@dataclass(frozen=True, slots=True)
class Published(Offered):
    """A published standard answer with its texts, placeholders and all, by language."""

    texts: Mapping[str, RichText]


@dataclass(frozen=True, slots=True)
class Listed:
    """A version as staff see it in lists; code and names of whoever wrote it, None for one that came from a file."""

    id: int
    answer_id: int
    shortcut: str
    number: int
    stage: str
    name: str
    group_codes: Sequence[str]
    service_id: str | None
    category_key: str | None
    sequel: str
    revisions: Mapping[str, int]
    changed_at: datetime
    code: str | None
    given_name: str | None
    family_name: str | None


@dataclass(frozen=True, slots=True)
class Uses:
    """How often an answer was used, and how often the requester refused what was said with it."""

    used: int = 0
    refused: int = 0


_V = StandardAnswerVersion
_OFFERED = (
    StandardAnswer.id,
    StandardAnswer.shortcut,
    *(_V.name, _V.group_codes, _V.service_id, _V.category_key),
    *(_V.sequel, _V.forward_group, _V.forward_reason, _V.names_counter),
)


def offered(session: Session, tree: Catalogue, places: Collection[Place], since: str = "") -> list[Offered]:
    """Return the standard answers that fit tickets in all these places: the most used there first, then by name.

    `since` is the month ("2026-03") from which uses in their categories count. A category that the catalogue no longer
    knows has only what is for everything.
    """
    keys = {place.category_key for place in places}
    counted = (
        sa.select(sa.func.coalesce(sa.func.sum(StandardAnswerCount.used), 0))
        .where(
            StandardAnswerCount.answer_id == StandardAnswer.id,
            StandardAnswerCount.category_key.in_(sorted(keys)),
            StandardAnswerCount.month >= since,
        )
        .scalar_subquery()
    )
    query = _joined(*_OFFERED, counted.label("used")).where(_IS_PUBLISHED)
    found = [Offered(**_values(row)) for row in session.execute(query.order_by(_V.name, _V.id).limit(MOST))]
    fitting = (each for each in found if all(_fits(each.reach, tree, place) for place in places))
    return sorted(fitting, key=lambda each: (-each.used, each.name.casefold()))


def _fits(reach: Reach, tree: Catalogue, place: Place) -> bool:
    category = tree.categories.get(place.category_key)
    if category is None:
        return reach.covers(place.group, "", ())
    return reach.covers(place.group, category.service_id, [step.key for step in tree.path(category.key)])


def published(session: Session, answer_id: int) -> Published:
    """Return a published standard answer. Raises NotFound for one that is not published, or no longer."""
    query = _joined(*_OFFERED, sa.literal(0).label("used"), _V.texts, _V.policy)
    row = session.execute(query.where(_IS_PUBLISHED, _V.answer_id == answer_id)).first()
    if row is None:
        raise NotFound(N_("This standard answer is not offered any more. Choose another one."))
    return Published(**_values(row), texts=texts_of(row.texts, row.policy))


def published_as(session: Session, shortcut: str) -> Published | None:
    """Return the published standard answer with this shortcut; None where there is none, or none any more."""
    answer = answer_of(session, shortcut)
    return published(session, answer.id) if answer and version_in(session, answer.id, Stage.PUBLISHED) else None


def counter_answer(session: Session, offered_ones: Sequence[Offered]) -> Published | None:
    """Return the first of these that gives a counter's contacts and closes; None where none does."""
    fitting = (each for each in offered_ones if each.names_counter and each.sequel is Sequel.REPLY_CLOSE)
    first = next(fitting, None)
    return published(session, first.id) if first else None


def _values(row: Any) -> dict[str, Any]:
    return {
        "id": row.id,
        "shortcut": row.shortcut,
        "name": row.name,
        "reach": Reach(frozenset(row.group_codes), row.service_id, row.category_key),
        "sequel": Sequel(row.sequel),
        "forward_group": row.forward_group,
        "forward_reason": row.forward_reason,
        "names_counter": row.names_counter,
        "used": row.used,
    }


def texts_of(stored: Mapping[str, Mapping[str, str]], policy: int) -> dict[str, RichText]:
    """Return the texts of a version by language."""
    return {language: RichText(each["html"], each["text"], policy) for language, each in stored.items()}


def versions_in(
    session: Session, stage: Stage, words: str, after: tuple[str, int] | None, size: int
) -> tuple[list[Listed], bool]:
    """Return the versions in a stage by name, after that name and id, and whether there are more.

    `words` stand in the name or in the shortcut; empty for all.
    """
    query = _versions().where(_V.stage == stage)
    if words:
        query = query.where(
            sa.or_(_V.name.icontains(words, autoescape=True), StandardAnswer.shortcut.contains(words, autoescape=True))
        )
    if after is not None:
        query = query.where(sa.tuple_(_V.name, _V.id) > sa.tuple_(*map(sa.literal, after)))
    rows = session.execute(query.order_by(_V.name, _V.id).limit(size + 1)).all()
    return [Listed(*row) for row in rows[:size]], len(rows) > size


def history(session: Session, answer_id: int, most: int) -> list[Listed]:
    """Return the newest versions of a standard answer."""
    query = _versions().where(_V.answer_id == answer_id).order_by(_V.number.desc())
    return [Listed(*row) for row in session.execute(query.limit(most))]


def uses(session: Session, answer_ids: Collection[int], since: str) -> dict[int, Uses]:
    """Return how often each of these was used and refused from a month on, in all categories."""
    counts = StandardAnswerCount
    query = (
        sa.select(counts.answer_id, sa.func.sum(counts.used), sa.func.sum(counts.refused))
        .where(counts.answer_id.in_(sorted(answer_ids)), counts.month >= since)
        .group_by(counts.answer_id)
    )
    return {answer_id: Uses(used, refused) for answer_id, used, refused in session.execute(query)}


def uses_by_category(session: Session, answer_id: int, since: str, most: int) -> list[tuple[str, Uses]]:
    """Return the categories in which an answer was used from a month on, the most frequent first."""
    counts = StandardAnswerCount
    used = sa.func.sum(counts.used)
    query = (
        sa.select(counts.category_key, used, sa.func.sum(counts.refused))
        .where(counts.answer_id == answer_id, counts.month >= since)
        .group_by(counts.category_key)
        .order_by(used.desc(), counts.category_key)
    )
    return [(key, Uses(total, refused)) for key, total, refused in session.execute(query.limit(most))]


def answer_of(session: Session, shortcut: str, is_locked: bool = False) -> StandardAnswer | None:
    """Return a standard answer, published or not, by its shortcut."""
    query = sa.select(StandardAnswer).where(StandardAnswer.shortcut == shortcut)
    return session.scalars(query.with_for_update() if is_locked else query).first()


def version_in(session: Session, answer_id: int, *stages: Stage) -> StandardAnswerVersion | None:
    """Return the newest version of a standard answer in one of these stages, by default in any."""
    query = sa.select(StandardAnswerVersion).where(_V.answer_id == answer_id)
    if stages:
        query = query.where(_V.stage.in_(stages))
    return session.scalars(query.order_by(_V.number.desc()).limit(1)).first()


def numbered(session: Session, shortcut: str, number: int) -> StandardAnswerVersion:
    """Return one version of a standard answer. Raises NotFound for none such."""
    query = sa.select(StandardAnswerVersion).join(StandardAnswer, StandardAnswer.id == _V.answer_id)
    found = session.scalars(query.where(StandardAnswer.shortcut == shortcut, _V.number == number)).first()
    if found is None:
        raise NotFound(N_("There is no such version of this standard answer."))
    return found


def contact_rows(session: Session) -> Sequence[CounterContact]:
    """Return the counters' contacts: of degree courses, of areas, of the rest, each by what they are for."""
    query = sa.select(CounterContact).order_by(CounterContact.kind, CounterContact.value, CounterContact.id)
    rows = session.scalars(query.limit(MOST)).all()
    return sorted(rows, key=lambda row: ("course", "area", "other").index(row.kind))


def contacts(session: Session) -> list[Contact]:
    """Return the counters' contacts as the rules take them."""
    return [Contact(row.kind, row.value, row.texts, row.category_key) for row in contact_rows(session)]


def _versions() -> sa.Select[Any]:
    who = (Person.code, Person.given_name, Person.family_name)
    what = (_V.number, _V.stage, _V.name, _V.group_codes, _V.service_id, _V.category_key, _V.sequel)
    query = _joined(_V.id, _V.answer_id, StandardAnswer.shortcut, *what, _V.revisions, _V.changed_at, *who)
    return query.outerjoin(Person, Person.id == _V.changed_by)


def _joined(*columns: Any) -> sa.Select[Any]:
    query: sa.Select[Any] = sa.select(*columns).select_from(StandardAnswer)
    return query.join(StandardAnswerVersion, _V.answer_id == StandardAnswer.id)
