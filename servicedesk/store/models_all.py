"""Every model, imported so that the metadata is whole."""

from servicedesk.store.base import Base
from servicedesk.store.models import (
    accounts,
    announcements,
    answers,
    appointments,
    drafts,
    federation,
    figures,
    following,
    guests,
    notices,
    people,
    preferences,
    records,
    service_levels,
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
    drafts,
    figures,
    following,
    guests,
    preferences,
    service_levels,
    system,
)
