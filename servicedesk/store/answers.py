"""Answers as readers find them: what is published for somebody, by category, and what most people asked."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from servicedesk.rules.answers import Stage
from servicedesk.rules.catalogue import Audience
from servicedesk.rules.errors import NotFound
from servicedesk.rules.permissions import Actor
from servicedesk.rules.sentences import N_
from servicedesk.store.models.answers import Answer, AnswerAudience, AnswerFile, AnswerVersion
from servicedesk.store.models.people import Person

IS_PUBLISHED = AnswerVersion.stage == sa.literal_column("'published'")


@dataclass(frozen=True, slots=True)
class Listed:
    """A published answer in a list."""

    id: int
    key: str
    kind: str
    category_key: str
    titles: Mapping[str, str]
    revisions: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Shown(Listed):
    """A published answer with its texts (language to source, html and text)."""

    texts: Mapping[str, Mapping[str, str]]
    changed_at: datetime
    files: Sequence[str]


@dataclass(frozen=True, slots=True)
class File:
    """A file of an answer; `size` in bytes."""

    id: str
    name: str
    content_type: str
    size: int


@dataclass(frozen=True, slots=True)
class Version:
    """A version as staff see it in lists; code and names of whoever wrote it, None for one that came from a file."""

    id: int
    key: str
    number: int
    stage: str
    category_key: str
    titles: Mapping[str, str]
    revisions: Mapping[str, int]
    changed_at: datetime
    code: str | None
    given_name: str | None
    family_name: str | None
    votes: int
    helped: int
    views: int


_LISTED = (Answer.id, Answer.key, Answer.kind, Answer.category_key, AnswerVersion.titles, AnswerVersion.revisions)


def readable_by(actor: Actor) -> sa.ColumnElement[bool]:
    """Return the condition on a published `Answer` that this person may read; staff read all of them (A9)."""
    if actor.is_staff or actor.is_admin:
        return sa.true()
    audiences = sorted({Audience.EVERYONE.value, *actor.audiences})
    return sa.exists().where(AnswerAudience.answer_id == Answer.id, AnswerAudience.audience.in_(audiences))


def page(session: Session, actor: Actor, keys: Collection[str], after: int, size: int) -> tuple[Sequence[Listed], bool]:
    """Return the answers of these categories after the id `after`, and whether there are more."""
    query = _published(*_LISTED).where(readable_by(actor), Answer.category_key.in_(sorted(keys)), Answer.id > after)
    rows = session.execute(query.order_by(Answer.id).limit(size + 1)).all()
    return [Listed(*row) for row in rows[:size]], len(rows) > size


def about(session: Session, actor: Actor, category_key: str, most: int) -> Sequence[Listed]:
    """Return the answers of one category, those that helped most often first."""
    query = _published(*_LISTED).where(readable_by(actor), Answer.category_key == category_key)
    return [Listed(*row) for row in session.execute(query.order_by(Answer.helped.desc(), Answer.id).limit(most))]


def most_asked(session: Session, actor: Actor, most: int) -> Sequence[Listed]:
    """Return the answers that most readers opened."""
    query = _published(*_LISTED).where(readable_by(actor))
    return [Listed(*row) for row in session.execute(query.order_by(Answer.views.desc(), Answer.id.desc()).limit(most))]


def category_keys(session: Session, actor: Actor) -> frozenset[str]:
    """Return the categories about which this person finds an answer."""
    return frozenset(session.scalars(_published(Answer.category_key).where(readable_by(actor)).distinct()))


def one(session: Session, actor: Actor, key: str) -> Shown:
    """Return a published answer. Raises NotFound for one that is not there or not for this person."""
    query = _published(*_LISTED, AnswerVersion.texts, AnswerVersion.changed_at, AnswerVersion.files)
    row = session.execute(query.where(readable_by(actor), Answer.key == key)).first()
    if row is None:
        raise NotFound(N_("This answer is not here, or not for you. Look for another one in the list of answers."))
    return Shown(*row)


def files(session: Session, ids: Collection[str]) -> Sequence[File]:
    """Return the files of these ids, in their order."""
    if not ids:
        return []
    query = sa.select(AnswerFile.id, AnswerFile.name, AnswerFile.content_type, AnswerFile.size)
    found = {row.id: File(*row) for row in session.execute(query.where(AnswerFile.id.in_(ids)))}
    return [found[each] for each in ids if each in found]


def file_of(session: Session, key: str, file_id: str) -> File | None:
    """Return a file of an answer, whichever of its versions shows it; None for none such."""
    query = sa.select(AnswerFile.id, AnswerFile.name, AnswerFile.content_type, AnswerFile.size)
    query = query.join(Answer, Answer.id == AnswerFile.answer_id).where(Answer.key == key, AnswerFile.id == file_id)
    row = session.execute(query).first()
    return File(*row) if row else None


def versions_in(session: Session, stage: Stage, before: int, size: int) -> tuple[Sequence[Version], bool]:
    """Return the versions in a stage, the newest first, below the id `before` (0: from the top); and whether more."""
    query = _versions().where(AnswerVersion.stage == stage)
    if before:
        query = query.where(AnswerVersion.id < before)
    rows = session.execute(query.order_by(AnswerVersion.id.desc()).limit(size + 1)).all()
    return [Version(*row) for row in rows[:size]], len(rows) > size


def history(session: Session, answer_id: int, most: int) -> Sequence[Version]:
    """Return the newest versions of an answer."""
    query = _versions().where(AnswerVersion.answer_id == answer_id).order_by(AnswerVersion.number.desc())
    return [Version(*row) for row in session.execute(query.limit(most))]


def numbered(session: Session, key: str, number: int) -> AnswerVersion:
    """Return one version of an answer. Raises NotFound for none such."""
    query = sa.select(AnswerVersion).join(Answer, Answer.id == AnswerVersion.answer_id)
    found = session.scalars(query.where(Answer.key == key, AnswerVersion.number == number)).first()
    if found is None:
        raise NotFound(N_("There is no such version of this answer."))
    return found


def _versions() -> sa.Select[Any]:
    who = (Person.code, Person.given_name, Person.family_name)
    what = (AnswerVersion.number, AnswerVersion.stage, AnswerVersion.category_key)
    shown = (AnswerVersion.titles, AnswerVersion.revisions, AnswerVersion.changed_at)
    counts = (Answer.votes, Answer.helped, Answer.views)
    query: sa.Select[Any] = sa.select(AnswerVersion.id, Answer.key, *what, *shown, *who, *counts)
    return query.join(Answer, Answer.id == AnswerVersion.answer_id).outerjoin(
        Person, Person.id == AnswerVersion.changed_by
    )


def answer_of(session: Session, key: str, is_locked: bool = False) -> Answer | None:
    """Return an answer, published or not, by its key."""
    query = sa.select(Answer).where(Answer.key == key)
    return session.scalars(query.with_for_update() if is_locked else query).first()


def version_in(session: Session, answer_id: int, *stages: Stage) -> AnswerVersion | None:
    """Return the newest version of an answer in one of these stages, by default in any."""
    query = sa.select(AnswerVersion).where(AnswerVersion.answer_id == answer_id)
    if stages:
        query = query.where(AnswerVersion.stage.in_(stages))
    return session.scalars(query.order_by(AnswerVersion.number.desc()).limit(1)).first()


def _published(*columns: Any) -> sa.Select[Any]:
    query: sa.Select[Any] = sa.select(*columns).select_from(Answer)
    return query.join(AnswerVersion, sa.and_(AnswerVersion.answer_id == Answer.id, IS_PUBLISHED))
