"""What a mail needs to know: the facts of one notice, gathered before it is put into words."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from servicedesk.rules.addresses import Addresses, news_path, status_token
from servicedesk.rules.catalogue import LocalText
from servicedesk.rules.notices import KIND_OF, TO_DECIDE, Kind, is_always_mailed
from servicedesk.rules.numbering import full_number

LOST_NUMBER = "lost_number"
SIGN_IN_LINK = "sign_in_link"
_PART_OF_PAGE: Mapping[str, str] = {
    "solution": "the-solution",
    "answered": "the-solution",
    "waiting": "the-question",
}
"""Where on the page the link of a mail to its requester lands: what was said, with the button to answer it (C7)."""
_WITH_FULL_NUMBER = frozenset({"opened", LOST_NUMBER})


@dataclass(frozen=True, slots=True)
class DeskLetter:
    """One mail to be written that is about no ticket; `context` is what its template says."""

    template: str
    message_id: str
    """Unique and stable, without the host."""
    address: str
    recipient: str
    """The reader's name; empty where it is not known."""
    locale: str | None
    context: Mapping[str, str] = field(repr=False)
    """May hold a link that opens something."""
    person_id: int | None = None
    """None where the reader is no person the desk knows."""

    @property
    def stoppable(self) -> Kind | None:
        """The kind of mails the reader may stop from this one; None where it is mailed in any case."""
        return None if is_always_mailed(self.template, is_guest=False) else KIND_OF[self.template]

    @property
    def is_outdated(self) -> bool:
        """Never: what it says was so when it was asked for."""
        return False

    def link(self, addresses: Addresses) -> str:
        """Return the address its button opens; empty where it has none."""
        path = self.context.get("path", "")
        return addresses.page(path) if path else ""


@dataclass(frozen=True, slots=True)
class Letter:
    """One mail to be written about a ticket; names of people are already those that may be shown to its reader."""

    template: str
    message_id: str
    """Unique and stable, without the host."""
    address: str
    recipient: str
    locale: str | None
    """None where nobody knows the reader's language."""
    to_requester: bool
    ticket_id: int
    number: str
    suffix: str | None
    title: str
    service: LocalText
    category: LocalText
    group: LocalText
    signature: LocalText
    zone: str
    requester: str
    technician: str
    body_html: str = ""
    """The text written with the event, already clean."""
    body_text: str = ""
    waiting_for: str | None = None
    outcome: str | None = None
    duplicate_of: str = ""
    dates: Mapping[str, datetime | None] = field(default_factory=dict)
    """`expires`, `resumes`, `reopen_until`, as they stand when the mail is written."""
    person_id: int | None = None
    """The reader."""
    awaits_approval: bool = False
    """Whether it is worked on only once it is approved."""
    asks_feedback: bool = False
    """Whether it asks how satisfied the requester is (F13)."""
    service_id: str = ""
    """Whose own words stand around what every mail says."""

    @property
    def stoppable(self) -> Kind | None:
        """The kind of mails the reader may stop from this one; None where it is mailed in any case."""
        is_guest = self.to_requester and self.suffix is not None
        return None if is_always_mailed(self.template, is_guest) else KIND_OF[self.template]

    @property
    def shown_number(self) -> str:
        """The number, with its suffix only where a guest is given it to keep (rule 3)."""
        keeps = self.to_requester and self.template in _WITH_FULL_NUMBER
        return full_number(self.number, self.suffix if keeps else None)

    @property
    def is_outdated(self) -> bool:
        """Whether what it would say is no longer so: a warning of a closure that will not come."""
        return self.template == "expiring" and self.dates.get("expires") is None

    def link(self, addresses: Addresses, secret_key: str) -> str:
        """Return the address of the ticket for this reader: a guest's own link, or the page behind sign-in."""
        if self.to_requester and self.suffix is not None:
            return addresses.status_link(status_token(secret_key, self.ticket_id, self.suffix))
        if self.template in TO_DECIDE:
            return addresses.page(news_path(self.template, self.number))
        part = _PART_OF_PAGE.get(self.template) if self.to_requester else None
        return addresses.ticket(self.number) + (f"#{part}" if part else "")
