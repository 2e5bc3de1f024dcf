"""What the sign-in page says of each tab: its words, its official button, where more can be read (A1)."""

from collections.abc import Mapping
from dataclasses import dataclass

from servicedesk.rules.sentences import N_, Sentence
from servicedesk.web.auth.offers import CIE, EIDAS, SPID, UNIVERSITY


@dataclass(frozen=True)
class Link:
    """A link to an official site."""

    words: Sentence
    url: str


@dataclass(frozen=True)
class Entrance:
    """One tab. `mark` is the drawing on the official `button`; `issuer` who answers for that identity."""

    label: Sentence
    heading: Sentence
    text: Sentence
    button: Sentence | None = None
    mark: str = ""
    links: tuple[Link, ...] = ()
    issuer: str = ""
    issuer_logo: str = ""


MORE = Sentence(N_("More information"))
ENTRANCES: Mapping[str, Entrance] = {
    UNIVERSITY: Entrance(
        label=Sentence(N_("UNIVERSITY")),
        heading=Sentence(N_("Sign in with your university account")),
        text=Sentence(
            N_(
                "Use the account the university gave you. "
                "You type your user name and password on its own page, never here."
            )
        ),
    ),
    SPID: Entrance(
        label=Sentence("SPID"),
        heading=Sentence(N_("Sign in with SPID")),
        text=Sentence(
            N_(
                "SPID is the public digital identity: "
                "the same credentials open the services of every public administration."
            )
        ),
        button=Sentence(N_("Enter with SPID")),
        mark="vendor/spid-smart-button/mark.svg",
        links=(
            Link(MORE, "https://www.spid.gov.it/"),
            Link(Sentence(N_("You have no SPID?")), "https://www.spid.gov.it/cos-e-spid/come-attivare-spid/"),
        ),
        issuer="AgID Agenzia per l'Italia Digitale",
        issuer_logo="vendor/spid-smart-button/spid.svg",
    ),
    CIE: Entrance(
        label=Sentence("CIE"),
        heading=Sentence(N_("Sign in with the electronic identity card")),
        text=Sentence(
            N_("CIE is the Italian electronic identity card. You need the card and its PIN, or the app CieID.")
        ),
        button=Sentence(N_("Enter with CIE")),
        mark="vendor/mui-italia/cie.svg",
        links=(
            Link(MORE, "https://www.cartaidentita.interno.gov.it/"),
            Link(Sentence(N_("You have no CIE?")), "https://www.prenotazionicie.interno.gov.it/"),
        ),
        issuer="Ministero dell'Interno",
    ),
    EIDAS: Entrance(
        label=Sentence("eIDAS"),
        heading=Sentence(N_("Sign in with the identity of another European country")),
        text=Sentence(
            N_("eIDAS lets people of other countries of the Union sign in with the electronic identity of their own.")
        ),
        button=Sentence("Login with eIDAS"),
        mark="auth/eidas.svg",
        links=(Link(MORE, "https://www.eid.gov.it/"),),
    ),
}
"""By tab. "Login with eIDAS" is the button's official name in every language."""
