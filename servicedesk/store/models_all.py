"""Every model, imported so that the metadata is whole."""

from servicedesk.store.base import Base
from servicedesk.store.models import (
    accounts,
    announcements,
    answers,
    appointments,
    catalogue,
    drafts,
    federation,
    figures,
    following,
    guests,
    lines,
    notices,
    people,
    preferences,
    records,
    service_levels,
    standard_answers,
    system,
    tickets,
    work,
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
    catalogue,
    drafts,
    figures,
    following,
    guests,
    lines,
    preferences,
    standard_answers,
    service_levels,
    system,
    work,
)
