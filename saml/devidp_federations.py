"""How the demo identity providers answer in each federation, and the errors SPID and CIE know, as frozen data."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from saml.names import (
    AUTHN_FAILED,
    NO_AUTHN_CONTEXT,
    NO_PASSIVE,
    REQUEST_DENIED,
    REQUEST_UNSUPPORTED,
    REQUESTER,
    RESPONDER,
    STATUS,
    URI_NAMES,
)

BASIC_NAMES: Final = "urn:oasis:names:tc:SAML:2.0:attrname-format:basic"
VERSION_MISMATCH: Final = STATUS + "VersionMismatch"
LEVELS: Final = tuple(f"https://www.spid.gov.it/SpidL{level}" for level in (1, 2, 3))
SPID_ATTRIBUTES: Final = frozenset(
    {"spidCode", "name", "familyName", "fiscalNumber", "gender", "dateOfBirth", "email", "mobilePhone"}
)
CIE_ATTRIBUTES: Final = frozenset({"name", "familyName", "fiscalNumber", "dateOfBirth"})


@dataclass(frozen=True)
class Manner:
    """How a provider answers: `levels` weakest first (none: one way to sign in), `attributes` it can give (None: all).

    `strict` is what SPID's Regole Tecniche ask beyond SAML: a signed Response, the Format of every Issuer, no
    SPNameQualifier, no session beyond level 1, and the numbered errors.
    """

    strict: bool
    levels: tuple[str, ...]
    name_format: str
    attributes: frozenset[str] | None


MANNERS: Final[Mapping[str, Manner]] = {
    "university": Manner(strict=False, levels=(), name_format=URI_NAMES, attributes=None),
    "spid": Manner(strict=True, levels=LEVELS, name_format=BASIC_NAMES, attributes=SPID_ATTRIBUTES),
    "cie": Manner(strict=True, levels=LEVELS, name_format=BASIC_NAMES, attributes=CIE_ATTRIBUTES),
}


@dataclass(frozen=True)
class Anomaly:
    """An error of AgID's table of messages: its number, the status codes that carry it, what happened by language."""

    number: int
    statuses: tuple[str, ...]
    it: str
    en: str

    def told(self, language: str) -> str:
        """Return what happened, for whoever tries it."""
        return self.it if language == "it" else self.en

    @property
    def message(self) -> str:
        """The StatusMessage that states the number."""
        return f"ErrorCode nr{self.number}"


CANCELLED: Final = 25
FAILED: Final = (RESPONDER, AUTHN_FAILED)
UNSUPPORTED: Final = (REQUESTER, REQUEST_UNSUPPORTED)
ANOMALIES: Final[Mapping[int, Anomaly]] = {
    each.number: each
    for each in (
        Anomaly(19, FAILED, "credenziali errate più volte", "wrong credentials several times"),
        Anomaly(20, FAILED, "credenziali non adatte al livello", "credentials below the level asked"),
        Anomaly(21, FAILED, "tempo scaduto", "time ran out"),
        Anomaly(22, FAILED, "consenso negato", "consent denied"),
        Anomaly(23, FAILED, "identità sospesa o revocata", "identity suspended or revoked"),
        Anomaly(24, FAILED, "numero riservato", "reserved number"),
        Anomaly(CANCELLED, FAILED, "annullato dalla persona", "cancelled by the person"),
        Anomaly(30, FAILED, "identità di altro tipo", "identity of another kind"),
        Anomaly(8, (REQUESTER,), "richiesta non conforme", "request not conformant"),
        Anomaly(9, (VERSION_MISMATCH,), "versione diversa da 2.0", "version other than 2.0"),
        Anomaly(11, (REQUESTER,), "ID della richiesta non valido", "request ID not valid"),
        Anomaly(12, (REQUESTER, NO_AUTHN_CONTEXT), "RequestedAuthnContext errato", "wrong RequestedAuthnContext"),
        Anomaly(13, (REQUESTER, REQUEST_DENIED), "IssueInstant errato", "wrong IssueInstant"),
        Anomaly(14, UNSUPPORTED, "Destination errata", "wrong Destination"),
        Anomaly(15, (REQUESTER, NO_PASSIVE), "IsPassive non ammesso", "IsPassive not allowed"),
        Anomaly(16, UNSUPPORTED, "AssertionConsumerService errato", "wrong AssertionConsumerService"),
        Anomaly(17, UNSUPPORTED, "NameIDPolicy errata", "wrong NameIDPolicy"),
        Anomaly(18, UNSUPPORTED, "insieme di attributi sconosciuto", "unknown attribute set"),
    )
}
"""Source: AgID, "Tabella messaggi di anomalia"; CIE has the same numbers. Number 10 never reaches a service."""
