"""The desk's public addresses, built from its base address alone, and the tokens of links in mails (rules 3 and 8)."""

import base64
import binascii
import hashlib
import hmac
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

from servicedesk.rules.notices import KIND_OF, TO_DECIDE, Kind

MAC_BYTES = 16
_ID_BYTES = 8
_TOKEN_CHARACTERS = 32


@dataclass(frozen=True, slots=True)
class Addresses:
    """Absolute addresses below `base_url`, which has no slash at its end (settings `site.base_url`)."""

    base_url: str

    @property
    def host(self) -> str:
        """The host alone, without port: the right side of Message-IDs."""
        return urlsplit(self.base_url).hostname or "localhost"

    def home(self) -> str:
        """The first page."""
        return f"{self.base_url}/"

    def page(self, path: str) -> str:
        """The page at a local path."""
        return f"{self.base_url}{path}"

    def ticket(self, number: str) -> str:
        """A ticket, for those who sign in."""
        return f"{self.base_url}/tickets/{quote(number, safe='')}"

    def status(self) -> str:
        """The status check with e-mail and number."""
        return f"{self.base_url}/status"

    def status_link(self, token: str) -> str:
        """A guest's ticket, by its token."""
        return f"{self.base_url}/status/{quote(token, safe='')}"

    def preferences(self, token: str, kind: str = "") -> str:
        """A reader's choices about notices, by the token in their mails; with `kind`, to stop mails of that kind."""
        return f"{self.base_url}/preferences/{token}" + (f"/{kind}" if kind else "")


def feedback_path(token: str, grade: int | None = None) -> str:
    """Return the local path of the question about a closed ticket, with a grade already chosen where one is given."""
    return f"/feedback/{token}" + (f"?grade={grade}" if grade else "")


def news_path(template: str, number: str) -> str:
    """Return the local path of what a notice is about: a ticket, the decision on one, or an appointment."""
    if template in TO_DECIDE:
        return f"/approvals/{quote(number, safe='')}"
    is_appointment = KIND_OF.get(template) is Kind.APPOINTMENT
    return f"/{'appointments/booking' if is_appointment else 'tickets'}/{quote(number, safe='')}"


def feed_token(secret_key: str, counter: str, number: int) -> str:
    """Return the secret part of a counter's feed address: 128 bits of an HMAC-SHA256, another one for each number."""
    mac = hmac.new(secret_key.encode(), f"feed|{counter}|{number}".encode(), hashlib.sha256).digest()[:MAC_BYTES]
    return base64.urlsafe_b64encode(mac).decode().rstrip("=")


def status_token(secret_key: str, ticket_id: int, suffix: str) -> str:
    """Return the token that opens one guest's ticket: 32 characters, safe in an address.

    It holds the ticket's id and 128 bits of an HMAC-SHA256 over `status|id|suffix`.
    """
    return _token(secret_key, "status", ticket_id, suffix)


def feedback_token(secret_key: str, ticket_id: int) -> str:
    """Return the token with which the requester of a closed ticket says how satisfied they are; made like the other."""
    return _token(secret_key, "feedback", ticket_id, "")


def report_path(token: str) -> str:
    """Return the local path of the page that ends a report of figures."""
    return f"/figures/reports/stop/{token}"


def report_token(secret_key: str, order_id: int) -> str:
    """Return the token with which the reader of a report of figures ends it; made like the others."""
    return _token(secret_key, "report", order_id, "")


def preferences_token(secret_key: str, person_id: int, address: str) -> str:
    """Return the token with which the reader of a mail to `address` chooses what is mailed; made like the other.

    It ends when the person's mails go elsewhere.
    """
    return _token(secret_key, "preferences", person_id, address.lower())


def _token(secret_key: str, purpose: str, subject_id: int, secret: str) -> str:
    signed = f"{purpose}|{subject_id}|{secret}".encode()
    mac = hmac.new(secret_key.encode(), signed, hashlib.sha256).digest()[:MAC_BYTES]
    return base64.urlsafe_b64encode(subject_id.to_bytes(_ID_BYTES, "big") + mac).decode()


def read_status_token(token: str) -> tuple[int, bytes] | None:
    """Return the id in a token of either kind and the code that has yet to be checked; None for what is no token."""
    if len(token) != _TOKEN_CHARACTERS or not token.isascii():
        return None
    try:
        raw = base64.b64decode(token, altchars=b"-_", validate=True)
    except binascii.Error:
        return None
    if len(raw) != _ID_BYTES + MAC_BYTES:
        return None
    return int.from_bytes(raw[:_ID_BYTES], "big", signed=False), raw[_ID_BYTES:]


def is_status_token(token: str, secret_key: str, ticket_id: int, suffix: str | None) -> bool:
    """Tell in constant time whether the token opens this ticket; never one that has no suffix."""
    if suffix is None or not token.isascii():
        return False
    return hmac.compare_digest(token, status_token(secret_key, ticket_id, suffix))


def is_feedback_token(token: str, secret_key: str, ticket_id: int) -> bool:
    """Tell in constant time whether the token is of the question about this ticket."""
    return token.isascii() and hmac.compare_digest(token, feedback_token(secret_key, ticket_id))


def is_report_token(token: str, secret_key: str, order_id: int) -> bool:
    """Tell in constant time whether the token is of this report of figures."""
    return token.isascii() and hmac.compare_digest(token, report_token(secret_key, order_id))


def is_preferences_token(token: str, secret_key: str, person_id: int, address: str) -> bool:
    """Tell in constant time whether the token is of a mail to this person at this address; never without address."""
    if not address or not token.isascii():
        return False
    return hmac.compare_digest(token, preferences_token(secret_key, person_id, address))
