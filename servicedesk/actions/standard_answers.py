"""Standard answers: writing, publishing and withdrawing them, and the contacts of the counters they name."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from servicedesk.actions import audit
from servicedesk.rules.answers import Stage, revised
from servicedesk.rules.errors import Conflict, Invalid, NotAllowed, NotFound
from servicedesk.rules.permissions import Actor
from servicedesk.rules.richtext import POLICY
from servicedesk.rules.sentences import N_, Sentence
from servicedesk.rules.standard_answers import (
    Reach,
    Sequel,
    Step,
    Written,
    check,
    check_step,
    checked_shortcut,
    may_propose,
    may_publish,
)
from servicedesk.store import catalogue
from servicedesk.store import standard_answers as store
from servicedesk.store.models.standard_answers import StandardAnswer, StandardAnswerVersion

Imported = Literal["added", "changed", "unchanged", "kept"]
Changed = Mapping[str, Any]
NOT_OF_YOURS = N_("Propose standard answers for a group of yours, or for all groups.")


def save_draft(
    session: Session, by: Actor, shortcut: str, written: Written, all_fit: bool, seen: str, now: datetime
) -> StandardAnswerVersion:
    """Keep what staff wrote as a draft: of a new answer (`seen` is empty), or of the one that `seen` marks.

    Raises Invalid for what is missing or a shortcut that is taken, NotAllowed for groups that are not theirs, Conflict
    when somebody else saved meanwhile, NotFound for an answer that is not there.
    """
    check(written, catalogue.current(session))
    if not may_propose(by, written.reach):
        raise NotAllowed(NOT_OF_YOURS)
    answer = store.answer_of(session, shortcut, is_locked=True)
    if answer is None:
        if seen:
            raise NotFound()
        answer = _new_answer(session, checked_shortcut(shortcut))
    elif not seen:
        raise _taken()
    _check_seen(session, answer, seen)
    draft = store.version_in(session, answer.id, Stage.DRAFT)
    if draft is not None and draft.changed_by != by.person_id and not may_propose(by, reach_of(draft)):
        raise NotAllowed(NOT_OF_YOURS)
    return _keep(session, answer, written, by.person_id, all_fit, now)


def _keep(
    session: Session, answer: StandardAnswer, written: Written, by: int | None, all_fit: bool, now: datetime
) -> StandardAnswerVersion:
    """Write the draft that there is, or the next version."""
    draft = store.version_in(session, answer.id, Stage.DRAFT)
    newest = store.version_in(session, answer.id)
    number = draft.number if draft else (newest.number + 1 if newest else 1)
    version = draft or StandardAnswerVersion(answer_id=answer.id, number=number, stage=Stage.DRAFT, saves=0)
    running = store.version_in(session, answer.id, Stage.PUBLISHED)
    older = running.texts if running else {}
    _write(version, written, by, now)
    version.revisions = revised(older, running.revisions if running else {}, version.texts, number, all_fit)
    session.add(version)
    session.flush()
    return version


def move(session: Session, by: Actor, shortcut: str, step: Step, seen: str, now: datetime) -> StandardAnswerVersion:
    """Publish, discard or withdraw the version that `seen` marks; what technicians are offered changes with it.

    Raises NotFound, NotAllowed, NotNow, Conflict.
    """
    answer = store.answer_of(session, shortcut, is_locked=True)
    version = store.version_in(session, answer.id) if answer else None
    if answer is None or version is None:
        raise NotFound()
    _check_seen(session, answer, seen)
    running = store.version_in(session, answer.id, Stage.PUBLISHED)
    target = check_step(step, Stage(version.stage), by, reach_of(version), version.changed_by == by.person_id)
    if step is Step.PUBLISH and running is not None and not may_publish(by, reach_of(running)):
        raise NotAllowed(N_("This would replace an answer of groups that you do not lead. Ask their supervisor."))
    before = _content(running)
    if step is Step.PUBLISH:
        _publish(session, version, running)
    else:
        version.stage = target
        session.flush()
    if step is not Step.DISCARD:
        after = _content(version) if step is Step.PUBLISH else {}
        _record(session, f"person:{by.person_id}", step, shortcut, now, before, after)
    return version


def import_answer(
    session: Session, shortcut: str, written: Written, by: str, now: datetime, replace: bool = False
) -> Imported:
    """Publish a standard answer that came from a file by `by` (`command:<user>`).

    What was last written in the desk is kept, as is one somebody is working on, unless `replace`. Raises Invalid.
    """
    check(written, catalogue.current(session))
    answer = store.answer_of(session, shortcut, is_locked=True)
    newest = store.version_in(session, answer.id) if answer else None
    if newest is not None:
        if newest.stage == Stage.PUBLISHED and written_of(newest) == written:
            return "unchanged"
        if not replace and (newest.changed_by is not None or newest.stage != Stage.PUBLISHED):
            return "kept"
    answer = answer or _new_answer(session, checked_shortcut(shortcut))
    running = store.version_in(session, answer.id, Stage.PUBLISHED)
    before = _content(running)
    version = _keep(session, answer, written, None, False, now)
    _publish(session, version, running)
    _record(session, by, "import", shortcut, now, before, _content(version))
    return "changed" if newest else "added"


def mark(version: StandardAnswerVersion | None) -> str:
    """Return what a form carries to say which text it was made from; empty for none."""
    return f"{version.number}.{version.saves}.{version.stage}" if version else ""


def reach_of(version: StandardAnswerVersion) -> Reach:
    """Return for which tickets a version is."""
    return Reach(frozenset(version.group_codes), version.service_id, version.category_key)


def written_of(version: StandardAnswerVersion) -> Written:
    """Return a version as it was written."""
    return Written(
        version.name,
        store.texts_of(version.texts, version.policy),
        reach_of(version),
        Sequel(version.sequel),
        version.forward_group,
        version.forward_reason,
    )


def _content(version: StandardAnswerVersion | None) -> Changed:
    """Return what the record of administration keeps of a version."""
    if version is None:
        return {}
    names = ("number", "name", "group_codes", "service_id", "category_key", "texts", "sequel")
    return {name: getattr(version, name) for name in (*names, "forward_group", "forward_reason")}


def _record(
    session: Session, by: str, what: str, shortcut: str, now: datetime, before: Changed, after: Changed
) -> None:
    audit.record(session, by, f"standard_answer.{what}", f"standard_answer:{shortcut}", now, before, after)


def _publish(session: Session, version: StandardAnswerVersion, running: StandardAnswerVersion | None) -> None:
    if running is not None:
        running.stage = Stage.REPLACED
        session.flush()  # only one may be published at a time, says an index
    version.stage = Stage.PUBLISHED
    session.flush()


def _check_seen(session: Session, answer: StandardAnswer, seen: str) -> None:
    if mark(store.version_in(session, answer.id)) != seen:
        raise Conflict(
            N_("A colleague changed this standard answer after you opened it. Saving again replaces their text.")
        )


def _new_answer(session: Session, shortcut: str) -> StandardAnswer:
    answer = StandardAnswer(shortcut=shortcut)
    try:
        with session.begin_nested():
            session.add(answer)
    except IntegrityError as error:  # another new one got the shortcut at the same moment
        raise _taken() from error
    return answer


def _taken() -> Invalid:
    taken = Sentence(N_("This shortcut is taken."))
    return Invalid(N_("The standard answer is not complete yet."), {"shortcut": taken})


def _write(version: StandardAnswerVersion, written: Written, by: int | None, now: datetime) -> None:
    version.name, version.sequel = written.name, written.sequel
    version.group_codes = sorted(written.reach.groups)
    version.service_id, version.category_key = written.reach.service_id, written.reach.category_key
    version.texts = {language: {"html": text.html, "text": text.text} for language, text in written.texts.items()}
    version.names_counter = written.names_counter
    version.forward_group, version.forward_reason = written.forward_group, written.forward_reason
    version.policy, version.changed_at, version.changed_by = POLICY, now, by
    version.saves += 1
