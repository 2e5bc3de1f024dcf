"""Publishing a catalogue: a sound file becomes the next version, and the running one stays until it has."""

from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from servicedesk.actions.audit import record
from servicedesk.gateways.catalogue_file import Finding, read
from servicedesk.rules.catalogue import Catalogue
from servicedesk.rules.catalogue_changes import EMPTY, Difference, difference, retire
from servicedesk.rules.catalogue_json import to_data, to_json
from servicedesk.rules.errors import Conflict, Invalid, NotFound
from servicedesk.rules.sentences import N_
from servicedesk.store import catalogue as store
from servicedesk.store.models.system import CatalogueVersion

APPLIED = "catalogue.applied"


class CatalogueRefused(Invalid):
    """A file with errors; `findings` holds every one of them with its place, and the warnings."""

    def __init__(self, findings: tuple[Finding, ...]) -> None:
        count = sum(finding.severity == "error" for finding in findings)
        super().__init__(
            N_("The catalogue file has errors (%(count)s). Correct them and try again; the running catalogue stays."),
            count=count,
        )
        self.findings = findings


@dataclass(frozen=True, slots=True)
class Publishable:
    """A file without errors, ready to be applied."""

    catalogue: Catalogue
    file_hash: str
    warnings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class Applied:
    """The version that runs after applying and what it changed; not `is_new` when it was running already."""

    version: int
    difference: Difference
    is_new: bool


def publishable(content: bytes, name: str) -> Publishable:
    """Read the file `name`, before any transaction begins. Raises CatalogueRefused with every finding."""
    catalogue, findings = read(content, name)
    if catalogue is None:
        raise CatalogueRefused(findings)
    return Publishable(catalogue, sha256(content).hexdigest(), findings)


def apply(session: Session, file: Publishable, by: str, now: datetime, note: str = "") -> Applied:
    """Make the file the running catalogue; `by` is as in the audit record, `note` says why. Source: rule 5.

    What tickets still use is retired instead of removed. Nothing is written where nothing changes. Raises Conflict
    when somebody publishes at the same moment.
    """
    number, old = _running(session)
    longest = max(service.reopen_days for service in (*old.services.values(), *file.catalogue.services.values()))
    new = retire(file.catalogue, old, store.in_use(session, longest, now))
    changes = difference(old, new)
    if number and to_json(new) == to_json(old):
        return Applied(number, changes, is_new=False)
    _write(session, number + 1, new, file.file_hash, changes, by, now, note)
    after = {kind: changes.count(kind) for kind in ("added", "changed", "retired", "removed")}
    told = {"note": note} if note else {}
    subject = f"catalogue:{number + 1}"
    record(session, by, APPLIED, subject, now, {"version": number}, {"version": number + 1, **after, **told})
    session.flush()
    store.forget_seen(session)
    return Applied(number + 1, changes, is_new=True)


def _running(session: Session) -> tuple[int, Catalogue]:
    try:
        return store.current_version(session)
    except NotFound:
        return 0, EMPTY


def _write(
    session: Session,
    number: int,
    new: Catalogue,
    file_hash: str,
    changes: Difference,
    by: str,
    now: datetime,
    note: str,
) -> None:
    version = CatalogueVersion(
        number=number,
        file_hash=file_hash,
        content=to_data(new),
        content_hash=sha256(to_json(new).encode()).hexdigest(),
        difference=changes.to_data(),
        applied_at=now,
        applied_by=by[:80],
        note=note,
    )
    try:
        with session.begin_nested():
            session.add(version)
    except IntegrityError as error:
        raise Conflict(
            N_("Somebody else published a catalogue at this moment. Check what it changed, then try again.")
        ) from error
