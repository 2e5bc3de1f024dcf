"""What a run of a job works with: its context, its lease, and transactions of a batch each."""

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import Event

from sqlalchemy.orm import Session, sessionmaker

from servicedesk.gateways.smtp import Mailer
from servicedesk.gateways.storage import Storage
from servicedesk.gateways.texts import Texts
from servicedesk.rules.outcomes import Outcome, counted, failures
from servicedesk.settings import Settings
from servicedesk.store import leases
from servicedesk.store.base import writing

BATCH = 200
Batch = Callable[[], AbstractContextManager[Session]]
"""Begins a transaction; a job's renews its lease with it."""
HOLD = 300.0
"""Seconds until the lease of a crashed process is free again; longer than the slowest single mail takes."""


@dataclass(frozen=True)
class JobContext:
    """Everything jobs work with; setting `stopping` ends a running job after its present batch."""

    settings: Settings
    sessions: sessionmaker[Session]
    storage: Storage
    mailer: Mailer
    texts: Texts
    stopping: Event = field(default_factory=Event)


class LeaseLost(Exception):
    """Somebody else has taken the job over: the present batch was undone, and this run ends."""


@dataclass(frozen=True)
class Turn:
    """One run of a job under its lease."""

    context: JobContext
    lease: leases.Lease
    now: datetime
    """When it began."""
    _begun: float = field(default_factory=time.monotonic, init=False)

    @property
    def present(self) -> datetime:
        """When it is by now, for what must not be claimed as of the beginning of a long run."""
        return self.now + timedelta(seconds=time.monotonic() - self._begun)

    @contextmanager
    def batch(self) -> Iterator[Session]:
        """Run one writing transaction, in which the lease is renewed. Raises LeaseLost."""
        with self.context.sessions() as session, writing(session):
            if not leases.renew(session, self.lease, HOLD):
                raise LeaseLost
            yield session

    def in_batches(self, verb: Callable[[Session, datetime, int, set[int]], int], done: str) -> Outcome:
        """Do `verb` batch by batch until nothing is due; return how many were `done` and how many failed."""
        total, failed = 0, set[int]()
        while not self.context.stopping.is_set():
            with self.batch() as session:
                found = verb(session, self.now, BATCH, failed)
            if not found:
                break
            total += found
        return counted(**{done: total - len(failed)}) + failures(len(failed))


@dataclass(frozen=True)
class Job:
    """A row of the table; `run` returns what was done."""

    name: str
    every: int
    """Seconds."""
    run: Callable[[Turn], Outcome]
