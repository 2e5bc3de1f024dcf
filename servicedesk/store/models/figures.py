"""What a job has counted, so that pages read it at once."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from servicedesk.store.base import Base


class AnswerTime(Base):
    """Within how many minutes half of the requests of a category, or of a group, had their first answer."""

    __tablename__ = "answer_time"
    scope: Mapped[str] = mapped_column(sa.String(10), primary_key=True)
    key: Mapped[str] = mapped_column(sa.String(80), primary_key=True)
    minutes: Mapped[int]
    requests: Mapped[int]
    """How many requests it is the middle of."""
    counted_at: Mapped[datetime]
