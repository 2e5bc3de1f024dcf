"""Answers: importing them, writing, reviewing and publishing them, and counting whether they helped."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from servicedesk.actions import audit
from servicedesk.rules.answers import Kind, Stage, Step, Text, Written, check_step, checked, checked_key, revised
from servicedesk.rules.catalogue import Audience
from servicedesk.rules.errors import Conflict, Invalid, NotFound
from servicedesk.rules.permissions import Actor
from servicedesk.rules.richtext import POLICY, RichText
from servicedesk.rules.sentences import N_, Sentence
from servicedesk.store import answers as store
from servicedesk.store import catalogue
from servicedesk.store.models.answers import Answer, AnswerAudience, AnswerVersion

Imported = Literal["added", "changed", "unchanged", "kept"]


def import_answer(
    session: Session, key: str, written: Written, by: str, now: datetime, replace: bool = False
) -> Imported:
    """Publish an answer that came from files by `by` (`command:<user>`).

    What was last written in the desk is kept, as is one somebody is working on, unless `replace`. Raises Invalid for
    an incomplete answer or an unknown category.
    """
    bodies = _complete(session, written)
    answer = store.answer_of(session, key, is_locked=True)
    latest = store.version_in(session, answer.id) if answer else None
    if answer and latest:
        if written_of(latest) == written and latest.stage == Stage.PUBLISHED:
            return "unchanged"
        if not replace and (latest.changed_by is not None or latest.stage != Stage.PUBLISHED):
            return "kept"
    answer = answer or _new_answer(session, key, written)
    _drop_draft(session, answer)
    version = _new_version(session, answer, written, bodies, None, now, all_fit=False)
    _publish(session, answer, version)
    audit.record(session, by, "answer.import", f"answer:{key}", now, after={"version": version.number})
    return "changed" if latest else "added"


def save_draft(
    session: Session, by: Actor, key: str, written: Written, all_fit: bool, seen: str, now: datetime
) -> AnswerVersion:
    """Keep what staff wrote as a draft: of a new answer (`seen` is empty), or of the one that `seen` marks.

    Whatever was in review is a draft again. Raises Invalid for what is missing or a key that is taken, Conflict when
    somebody else saved meanwhile, NotFound for an answer that is not there.
    """
    bodies = _complete(session, written)
    answer = store.answer_of(session, key, is_locked=True)
    if answer is None:
        if seen:
            raise NotFound()
        answer = _new_answer(session, checked_key(key), written)
    elif not seen:
        raise _taken()
    _check_seen(session, answer, seen)
    version = store.version_in(session, answer.id, Stage.DRAFT, Stage.REVIEW)
    if version is None:
        return _new_version(session, answer, written, bodies, by.person_id, now, all_fit)
    _write(version, written, bodies, by.person_id, now)
    version.stage = Stage.DRAFT
    running = store.version_in(session, answer.id, Stage.PUBLISHED)
    older = written_of(running).texts if running else {}
    before = running.revisions if running else {}
    version.revisions = revised(older, before, written.texts, version.number, all_fit)
    session.flush()
    return version


def move(session: Session, by: Actor, key: str, step: Step, seen: str, now: datetime) -> AnswerVersion:
    """Submit, return, publish or retire the version that `seen` marks; what readers see changes with the last two.

    Raises NotFound, NotAllowed, NotNow, Conflict.
    """
    answer = store.answer_of(session, key, is_locked=True)
    version = store.version_in(session, answer.id) if answer else None
    if answer is None or version is None:
        raise NotFound()
    _check_seen(session, answer, seen)
    target = check_step(step, Stage(version.stage), by)
    if step is Step.PUBLISH:
        _publish(session, answer, version)
    else:
        version.stage = target
    if step in (Step.PUBLISH, Step.RETIRE):
        what = {"version": version.number}
        audit.record(session, f"person:{by.person_id}", f"answer.{step}", f"answer:{key}", now, after=what)
    session.flush()
    return version


def mark(version: AnswerVersion | None) -> str:
    """Return what a form carries to say which text it was made from; empty for none."""
    return f"{version.number}.{version.saves}.{version.stage}" if version else ""


def _check_seen(session: Session, answer: Answer, seen: str) -> None:
    if mark(store.version_in(session, answer.id)) != seen:
        raise Conflict(N_("A colleague changed this answer after you opened it. Saving again replaces their text."))


def vote(session: Session, actor: Actor, key: str, helped: bool) -> None:
    """Count one reader's answer to "did this answer your question?". Raises NotFound where they may not read it."""
    shown = store.one(session, actor, key)
    values: dict[Any, Any] = {Answer.votes: Answer.votes + 1}
    if helped:
        values[Answer.helped] = Answer.helped + 1
    session.execute(sa.update(Answer).where(Answer.id == shown.id).values(values))


def count_view(session: Session, actor: Actor, key: str) -> None:
    """Count one more reader. Raises NotFound where they may not read it."""
    shown = store.one(session, actor, key)
    session.execute(sa.update(Answer).where(Answer.id == shown.id).values(views=Answer.views + 1))


def written_of(version: AnswerVersion) -> Written:
    """Return a version as it was written."""
    texts = {language: Text(version.titles[language], each["source"]) for language, each in version.texts.items()}
    return Written(
        Kind(version.kind), version.category_key, frozenset(Audience(name) for name in version.audience), texts
    )


def _complete(session: Session, written: Written) -> Mapping[str, RichText]:
    bodies = checked(written)
    if written.category_key not in catalogue.current(session).categories:
        unknown = Sentence(N_("There is no category '%(key)s'."), {"key": written.category_key})
        raise Invalid(unknown.msgid, {"category_key": unknown}, **unknown.params)
    return bodies


def _new_answer(session: Session, key: str, written: Written) -> Answer:
    answer = Answer(key=key, kind=written.kind, category_key=written.category_key, votes=0, helped=0, views=0)
    try:
        with session.begin_nested():
            session.add(answer)
    except IntegrityError as error:  # another new one got the address at the same moment
        raise _taken() from error
    return answer


def _taken() -> Invalid:
    return Invalid(N_("The answer is not complete yet."), {"key": Sentence(N_("This address is taken."))})


def _new_version(
    session: Session,
    answer: Answer,
    written: Written,
    bodies: Mapping[str, RichText],
    by: int | None,
    now: datetime,
    all_fit: bool,
) -> AnswerVersion:
    before = store.version_in(session, answer.id)
    version = AnswerVersion(
        answer_id=answer.id, number=before.number + 1 if before else 1, stage=Stage.DRAFT, saves=0, revisions={}
    )
    version.files = list(before.files) if before else []
    _write(version, written, bodies, by, now)
    older = written_of(before).texts if before else {}
    version.revisions = revised(older, before.revisions if before else {}, written.texts, version.number, all_fit)
    session.add(version)
    session.flush()
    return version


def _write(
    version: AnswerVersion, written: Written, bodies: Mapping[str, RichText], by: int | None, now: datetime
) -> None:
    version.kind, version.category_key = written.kind, written.category_key
    version.audience = sorted(written.audience)
    version.titles = {language: text.title for language, text in written.texts.items()}
    version.texts = {
        language: {"source": text.source, "html": bodies[language].html, "text": bodies[language].text}
        for language, text in written.texts.items()
    }
    version.policy, version.changed_at, version.changed_by = POLICY, now, by
    version.saves += 1


def _publish(session: Session, answer: Answer, version: AnswerVersion) -> None:
    running = store.version_in(session, answer.id, Stage.PUBLISHED)
    if running is not None:
        running.stage = Stage.REPLACED
        session.flush()  # only one may be published at a time, says an index
    version.stage = Stage.PUBLISHED
    answer.kind, answer.category_key = version.kind, version.category_key
    session.execute(sa.delete(AnswerAudience).where(AnswerAudience.answer_id == answer.id))
    session.add_all(AnswerAudience(answer_id=answer.id, audience=name) for name in version.audience)
    session.flush()


def _drop_draft(session: Session, answer: Answer) -> None:
    draft = store.version_in(session, answer.id, Stage.DRAFT, Stage.REVIEW)
    if draft is not None:
        draft.stage = Stage.REPLACED
        session.flush()
