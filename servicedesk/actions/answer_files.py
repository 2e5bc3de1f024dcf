"""Files of answers: drafts of the form become the answer's, and each version says which of them it shows."""

from collections.abc import Collection, Sequence

import sqlalchemy as sa
from sqlalchemy.orm import Session

from servicedesk.rules.errors import Invalid
from servicedesk.rules.sentences import N_
from servicedesk.store.models.answers import AnswerFile, AnswerVersion
from servicedesk.store.models.tickets import Upload
from servicedesk.store.tickets import hash_key


def put(
    session: Session, version: AnswerVersion, kept: Collection[str], drafts: Sequence[str], draft_key: str, most: int
) -> None:
    """Let a version show those of its files that are `kept`, and the drafts of its form after them.

    Raises Invalid when there are more than `most`, or when a draft is not there any more.
    """
    staying = [each for each in version.files if each in kept]
    if len(staying) + len(drafts) > most:
        raise Invalid(N_("Attach at most %(most)s files. Leave some out and send again."), most=most)
    version.files = [*staying, *_taken_over(session, version.answer_id, drafts, draft_key)]
    session.flush()


def _taken_over(session: Session, answer_id: int, drafts: Sequence[str], draft_key: str) -> list[str]:
    query = sa.select(Upload).where(
        Upload.id.in_(sorted(drafts)), Upload.draft_key == hash_key(draft_key), Upload.message_id.is_(None)
    )
    found = {upload.id: upload for upload in session.scalars(query)}
    if not found.keys() >= set(drafts):
        raise Invalid(N_("One of the files is not there any more. Choose it again."))
    for upload in found.values():
        facts = {name: getattr(upload, name) for name in ("id", "name", "content_type", "size", "sha256", "created_at")}
        session.add(AnswerFile(answer_id=answer_id, **facts))
        session.delete(upload)
    return [each for each in drafts if each in found]
