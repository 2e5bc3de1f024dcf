"""AgID's table of anomalies: what a SPID or CIE provider reports by number, and what the person is shown for each.

Source: SPID Regole Tecniche, "Messaggi di errore"; number 30: Avviso 18. CIE uses the same numbers, 23 for
a card that is over or revoked (CIE technical manual, "Codici di errore").
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from saml.errors import N_, WRONG_REQUESTS, Code, SamlError

ERROR_CODE: Final = re.compile(r"\bErrorCode\s+nr\s*(\d{1,2})\b", re.IGNORECASE)
SYSTEM: Final = range(1, 8)


@dataclass(frozen=True)
class Anomaly:
    """One page: `title`, what happened (the sentence of `code`) and `advice`; all English msgids."""

    code: Code
    title: str
    advice: str


WRONG_REQUEST: Final = Anomaly(
    Code.WRONG_REQUEST,
    N_("Signing in this way is not possible at the moment"),
    N_("Try again later, or choose another way to sign in."),
)
ANOMALIES: Final[Mapping[int, Anomaly]] = {
    **{number: WRONG_REQUEST for number in WRONG_REQUESTS},
    19: Anomaly(
        Code.WRONG_CREDENTIALS,
        N_("Wrong credentials"),
        N_("Enter the correct credentials. If you do not know them any more, recover them at your identity provider."),
    ),
    20: Anomaly(
        Code.LEVEL_MISSING,
        N_("Credentials of a higher level are needed"),
        N_("Obtain credentials of a suitable level from your identity provider, then sign in again."),
    ),
    21: Anomaly(
        Code.TIMED_OUT,
        N_("The time for signing in is over"),
        N_("Start again, and remember that signing in must be completed within a certain time."),
    ),
    22: Anomaly(
        Code.CONSENT_REFUSED,
        N_("Consent was not given"),
        N_("Start again and give your consent: without these data we cannot know who you are."),
    ),
    23: Anomaly(
        Code.BLOCKED,
        N_("Credentials suspended or revoked"),
        N_(
            "Ask your identity provider to reactivate them, or use another identity provider. "
            "With CIE, check that the card is neither expired nor revoked."
        ),
    ),
    24: Anomaly(
        Code.AUTHN_FAILED, N_("Signing in did not succeed"), N_("Start again, or use another identity provider.")
    ),
    25: Anomaly(
        Code.CANCELLED,
        N_("Signing in was cancelled"),
        N_("You can start again whenever you like."),
    ),
    30: Anomaly(
        Code.OTHER_IDENTITY,
        N_("Another kind of digital identity is needed"),
        N_("Sign in again with your personal digital identity, or the professional one if the service asks for it."),
    ),
}


def reported_number(status_message: str) -> int | None:
    """Return the table's number in a StatusMessage ("ErrorCode nr19"), None when it names none of the table."""
    found = ERROR_CODE.search(status_message)
    number = int(found[1]) if found else 0
    return number if number in ANOMALIES or number in SYSTEM else None


def anomaly_of(error: SamlError) -> Anomaly | None:
    """Return the page for what the provider reported, None where the sentence of the error is all there is."""
    return ANOMALIES.get(error.spid) if error.spid is not None else None
