"""Every model, imported so that the metadata is whole."""

from servicedesk.store.base import Base
from servicedesk.store.models import (
    accounts,
    announcements,
    answers,
    appointments,
    federation,
    following,
    guests,
    notices,
    people,
    preferences,
    records,
    system,
    tickets,
)

metadata = Base.metadata
MODULES = (
    people,
    accounts,
    tickets,
    notices,
    federation,
    records,
    answers,
    appointments,
    announcements,
    following,
    guests,
    preferences,
    system,
)
