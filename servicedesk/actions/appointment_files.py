"""Files of an appointment: drafts of its form until it is booked, then kept until some days after it."""

from collections.abc import Sequence
from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from servicedesk.rules.errors import Invalid
from servicedesk.rules.sentences import N_
from servicedesk.store.models.appointments import Appointment, AppointmentFile
from servicedesk.store.models.tickets import Upload
from servicedesk.store.tickets import hash_key

KEPT = timedelta(days=30)
"""How long after the appointment its files can be read; then the sweep of unsent files removes them."""


def attach(session: Session, booked: Appointment, upload_ids: Sequence[str], draft_key: str) -> None:
    """Make drafts part of an appointment. Raises Invalid when one is not a draft of its form (any more)."""
    if not upload_ids:
        return
    query = (
        sa.update(Upload)
        .where(Upload.id.in_(upload_ids), Upload.draft_key == hash_key(draft_key), Upload.message_id.is_(None))
        .values(draft_key=None, expires_at=booked.ends_at + KEPT)
    )
    result = session.execute(query.returning(Upload.id).execution_options(synchronize_session=False))
    if len(result.all()) != len(set(upload_ids)):
        raise Invalid(N_("One of the files is not there any more. Choose it again."))
    rows = [{"upload_id": upload_id, "appointment_id": booked.id} for upload_id in upload_ids]
    session.execute(sa.insert(AppointmentFile), rows)


def keep_longer(session: Session, moved: Appointment) -> None:
    """Keep the files of an appointment that was moved until after its new time."""
    ids = sa.select(AppointmentFile.upload_id).where(AppointmentFile.appointment_id == moved.id)
    query = sa.update(Upload).where(Upload.id.in_(ids)).values(expires_at=moved.ends_at + KEPT)
    session.execute(query.execution_options(synchronize_session=False))
