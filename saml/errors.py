"""What can go wrong between us and an identity provider: one exception, its codes, a sentence to act on."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final


def N_(sentence: str) -> str:  # noqa: N802 - the name that translation tools look for
    """Mark an English sentence for gettext to extract; it is translated where it is shown."""
    return sentence


class Code(StrEnum):
    """Why a message was refused; shown to the person so that they can quote it, and logged with the detail."""

    TOO_LARGE = "too-large"
    NOT_BASE64 = "not-base64"
    NOT_XML = "not-xml"
    DTD = "dtd"
    MALFORMED = "malformed"
    WRONG_ROOT = "wrong-root"
    WRONG_DESTINATION = "wrong-destination"
    NO_REQUEST = "no-request"
    OTHER_BROWSER = "other-browser"
    REPLAY = "replay"
    WRONG_ISSUER = "wrong-issuer"
    UNKNOWN_PROVIDER = "unknown-provider"
    NO_ADDRESS = "no-address"
    ASSERTION_COUNT = "assertion-count"
    ENCRYPTED = "encrypted"
    UNSIGNED = "unsigned"
    WRAPPED = "wrapped"
    WEAK_ALGORITHM = "weak-algorithm"
    BAD_SIGNATURE = "bad-signature"
    WRONG_SUBJECT = "wrong-subject"
    WRONG_RECIPIENT = "wrong-recipient"
    TOO_EARLY = "too-early"
    EXPIRED = "expired"
    WRONG_AUDIENCE = "wrong-audience"
    NO_AUTHENTICATION = "no-authentication"
    WRONG_CONTEXT = "wrong-context"
    BAD_ATTRIBUTE = "bad-attribute"
    AUTHN_FAILED = "authn-failed"
    CONTEXT_REFUSED = "context-refused"
    PASSIVE_REFUSED = "passive-refused"
    DENIED = "denied"
    UNKNOWN_PERSON = "unknown-person"
    PROVIDER_ERROR = "provider-error"
    WRONG_REQUEST = "wrong-request"
    WRONG_CREDENTIALS = "wrong-credentials"
    LEVEL_MISSING = "level-missing"
    TIMED_OUT = "timed-out"
    CONSENT_REFUSED = "consent-refused"
    BLOCKED = "blocked"
    CANCELLED = "cancelled"
    OTHER_IDENTITY = "other-identity"


UNVERIFIED: Final = N_(
    "The answer of your identity provider could not be verified, so you are not signed in. "
    "Start signing in again; if it happens again, tell the help desk the code shown here."
)
STALE: Final = N_("This sign-in was already used or has expired. Start signing in again from the sign-in page.")
CLOCK: Final = N_(
    "The answer of your identity provider is outside the time in which it is valid. "
    "Start signing in again; if it happens again, tell the help desk the code shown here."
)
UNKNOWN: Final = N_("This identity provider is not known here. Choose one from the sign-in page.")

SENTENCES: Final[Mapping[Code, str]] = {
    Code.NO_REQUEST: STALE,
    Code.REPLAY: STALE,
    Code.OTHER_BROWSER: N_(
        "This sign-in was started in another browser or window, or your browser did not keep our cookie. "
        "Allow cookies for this site and start signing in again."
    ),
    Code.TOO_EARLY: CLOCK,
    Code.EXPIRED: CLOCK,
    Code.UNKNOWN_PROVIDER: UNKNOWN,
    Code.NO_ADDRESS: N_("This identity provider does not offer what was asked for. Choose another way to sign in."),
    Code.AUTHN_FAILED: N_("Signing in was cancelled or did not succeed at your identity provider. You can try again."),
    Code.CONTEXT_REFUSED: N_(
        "Your identity provider cannot sign you in with the level of security this service asks for. "
        "Use stronger credentials or another identity provider."
    ),
    Code.WRONG_CONTEXT: N_(
        "You signed in with a lower level of security than this service asks for. "
        "Sign in again with stronger credentials."
    ),
    Code.PASSIVE_REFUSED: N_("You are not signed in at your identity provider any more. Start signing in again."),
    Code.DENIED: N_(
        "Your identity provider refused to sign you in to this service. Ask the help desk of your identity provider."
    ),
    Code.UNKNOWN_PERSON: N_("Your identity provider does not know this person. Check which account you used."),
    Code.PROVIDER_ERROR: N_("Your identity provider reported an error. Try again in a few minutes."),
    Code.WRONG_REQUEST: N_(
        "Your identity provider did not accept our request. You did nothing wrong: those who run this service are told."
    ),
    Code.WRONG_CREDENTIALS: N_(
        "Wrong credentials were entered too many times, so your identity provider did not sign you in."
    ),
    Code.LEVEL_MISSING: N_("Your credentials do not reach the level of security that this service asks for."),
    Code.TIMED_OUT: N_("Signing in took longer than your identity provider allows."),
    Code.CONSENT_REFUSED: N_("You did not allow your identity provider to send your data to this service."),
    Code.BLOCKED: N_("Your digital identity is suspended or revoked, or your credentials are blocked."),
    Code.CANCELLED: N_("Signing in was cancelled at your identity provider."),
    Code.OTHER_IDENTITY: N_("You used another kind of digital identity than the one this service asks for."),
}

WRONG_REQUESTS: Final = range(8, 19)
LONGEST_DETAIL: Final = 500


class SamlError(Exception):
    """A SAML message was refused.

    `code` and `sentence` are for the person (the sentence is an English msgid, translated at display);
    `detail` is for the operator's log, one line that never holds attribute values. `spid` is the number that the
    provider gave in AgID's table of anomalies (saml/anomalies.py), None when it gave none.
    """

    def __init__(self, code: Code, detail: str, *, spid: int | None = None) -> None:
        self.detail = " ".join(detail.split())[:LONGEST_DETAIL]  # parts of it are a stranger's words
        super().__init__(f"{code}: {self.detail}")
        self.code = code
        self.sentence = SENTENCES.get(code, UNVERIFIED)
        self.spid = spid

    @property
    def is_our_fault(self) -> bool:
        """Whether the provider found our request wrong: a matter for the operators, not for the person."""
        return self.spid in WRONG_REQUESTS


class ConfigurationError(Exception):
    """A profile or metadata file is wrong; `errors` lists every error as `file: key: what to do`."""

    def __init__(self, errors: list[str]) -> None:
        super().__init__("\n".join(errors))
        self.errors = errors
