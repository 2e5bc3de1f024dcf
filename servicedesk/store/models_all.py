"""Every model, imported so that the metadata is whole."""

from servicedesk.store.base import Base
from servicedesk.store.models import (
    accounts,
    answers,
    appointments,
    federation,
    following,
    notices,
    people,
    records,
    system,
    tickets,
)

metadata = Base.metadata
MODULES = (people, accounts, tickets, notices, federation, records, answers, appointments, following, system)
