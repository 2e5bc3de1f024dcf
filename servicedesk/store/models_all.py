"""Every model, imported so that the metadata is whole."""

from servicedesk.store.base import Base
from servicedesk.store.models import notices, people, system, tickets

metadata = Base.metadata
MODULES = (people, tickets, notices, system)
