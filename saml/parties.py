"""Who stands behind a service provider, as its metadata must say: the organisation and its contacts."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from saml.reader import Reader

CONTACT_KINDS: Final = ("technical", "support", "administrative", "billing", "other")
CONTACT_KEYS: Final = (
    "type", "company", "given_name", "surname", "email", "phone", "ipa_code", "ipa_category", "vat_number",
    "fiscal_code", "nace", "municipality", "province", "country", "invoice",
)  # fmt: skip
INVOICE_KEYS: Final = (
    "vat_country", "vat_code", "fiscal_code", "name", "first_name", "surname", "address", "number", "postcode",
    "municipality", "province", "country", "intermediary",
)  # fmt: skip


@dataclass(frozen=True)
class Organisation:
    """Who runs the service, each text by language."""

    name: Mapping[str, str]
    display_name: Mapping[str, str]
    url: Mapping[str, str]


@dataclass(frozen=True)
class Invoice:
    """To whom SPID providers send their invoices: a private service provider (AgID, Avviso 29 v3).

    Either `name` (a company) or `first_name` and `surname`; `vat_country` and `vat_code` make up the VAT number.
    """

    vat_country: str
    vat_code: str
    fiscal_code: str
    name: str
    first_name: str
    surname: str
    address: str
    number: str
    postcode: str
    municipality: str
    province: str
    country: str
    intermediary: str


@dataclass(frozen=True)
class Contact:
    """Whom identity providers and the federation may ask, and what identifies the body behind the service.

    The codes are needed as SPID (Avviso 29 v3) and CIE (technical manual) say, by sector: `ipa_code` for public bodies,
    `vat_number` (with the country in front) or `fiscal_code` for private ones, `nace`, `municipality` (ISTAT code),
    `province` and `country` for CIE alone.
    """

    kind: str
    email: str
    company: str = ""
    given_name: str = ""
    surname: str = ""
    phone: str = ""
    ipa_code: str = ""
    ipa_category: str = ""
    vat_number: str = ""
    fiscal_code: str = ""
    nace: tuple[str, ...] = ()
    municipality: str = ""
    province: str = ""
    country: str = ""
    invoice: Invoice | None = None


def read_organisation(read: Reader) -> Organisation:
    """Return the table `organisation`."""
    read.table("organisation").only(("name", "display_name", "url"))
    return Organisation(
        read.localised("organisation.name"),
        read.localised("organisation.display_name"),
        read.localised("organisation.url"),
    )


def read_contact(row: Reader) -> Contact:
    """Return one table of `contacts`."""
    row.only(CONTACT_KEYS)
    codes = ("ipa_code", "ipa_category", "vat_number", "fiscal_code", "municipality", "province", "country")
    return Contact(
        kind=row.one_of("type", CONTACT_KINDS),
        email=row.text("email"),
        nace=row.texts("nace") if "nace" in row.data else (),
        invoice=read_invoice(row.table("invoice")) if "invoice" in row.data else None,
        **{each: row.text(each, may_be_missing=True) for each in ("company", "given_name", "surname", "phone", *codes)},
    )


def read_invoice(row: Reader) -> Invoice:
    """Return the table `invoice` of a contact."""
    row.only(INVOICE_KEYS)
    optional = {"fiscal_code", "name", "first_name", "surname", "number", "province", "intermediary"}
    found = {each: row.text(each, may_be_missing=each in optional) for each in INVOICE_KEYS}
    if not found["name"] and not (found["first_name"] and found["surname"]):
        row.wrong("name", "a company's name or first_name and surname are needed")
    return Invoice(**found)
