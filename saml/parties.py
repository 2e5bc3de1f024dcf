"""Who stands behind a service provider, as its metadata must say: the organisation and its contacts."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from saml.reader import Reader

CONTACT_KINDS: Final = ("technical", "support", "administrative", "billing", "other")
CONTACT_KEYS: Final = (
    "type", "company", "given_name", "surname", "email", "phone", "sector", "ipa_code", "ipa_category", "vat_number",
    "fiscal_code", "nace", "municipality", "province", "country", "invoice",
)  # fmt: skip
INVOICE_KEYS: Final = (
    "vat_country", "vat_code", "fiscal_code", "name", "first_name", "surname", "address", "number", "postcode",
    "municipality", "province", "country",
)  # fmt: skip


@dataclass(frozen=True)
class Organisation:
    """Who runs the service, each text by language."""

    name: Mapping[str, str]
    display_name: Mapping[str, str]
    url: Mapping[str, str]


@dataclass(frozen=True)
class Interface:
    """What a provider's sign-in page shows of this service (MDUI): texts and addresses by language, a logo."""

    description: Mapping[str, str]
    information_url: Mapping[str, str]
    privacy_url: Mapping[str, str]
    logo_url: str
    logo_width: int
    logo_height: int


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


@dataclass(frozen=True)
class Contact:
    """Whom identity providers and the federation may ask, and what identifies the body behind the service.

    The codes are needed as SPID (Avviso 29 v3) and CIE (technical manual) say, by sector: `ipa_code` for public bodies,
    `vat_number` (with the country in front) or `fiscal_code` for private ones, `nace`, `municipality` (ISTAT code),
    `province` and `country` for CIE alone. `sector` (public, private) is stated where a CIE contact is another body
    than the provider itself: the technical partner.
    """

    kind: str
    email: str
    company: str = ""
    given_name: str = ""
    surname: str = ""
    phone: str = ""
    sector: str = ""
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


def read_interface(read: Reader) -> Interface | None:
    """Return the table `interface`, None when there is none."""
    if "interface" not in read.data:
        return None
    row = read.table("interface")
    row.only(("description", "information_url", "privacy_url", "logo_url", "logo_width", "logo_height"))
    return Interface(
        row.localised("description"),
        row.localised("information_url"),
        row.localised("privacy_url"),
        row.text("logo_url"),
        row.number("logo_width", 1, 1000) or 80,
        row.number("logo_height", 1, 1000) or 60,
    )


def read_contact(row: Reader) -> Contact:
    """Return one table of `contacts`."""
    row.only(CONTACT_KEYS)
    codes = ("ipa_code", "ipa_category", "vat_number", "fiscal_code", "municipality", "province", "country")
    return Contact(
        kind=row.one_of("type", CONTACT_KINDS),
        email=row.text("email"),
        sector=row.one_of("sector", ("public", "private")) if "sector" in row.data else "",
        nace=row.texts("nace") if "nace" in row.data else (),
        invoice=read_invoice(row.table("invoice")) if "invoice" in row.data else None,
        **{each: row.text(each, may_be_missing=True) for each in ("company", "given_name", "surname", "phone", *codes)},
    )


def read_invoice(row: Reader) -> Invoice:
    """Return the table `invoice` of a contact."""
    row.only(INVOICE_KEYS)
    optional = {"vat_country", "vat_code", "fiscal_code", "name", "first_name", "surname", "number", "province"}
    found = {each: row.text(each, may_be_missing=each in optional) for each in INVOICE_KEYS}
    if not found["name"] and not (found["first_name"] and found["surname"]):
        row.wrong("name", "a company's name or first_name and surname are needed")
    if not found["fiscal_code"] and not (found["vat_country"] and found["vat_code"]):
        row.wrong("vat_code", "vat_country and vat_code or a fiscal_code are needed")
    return Invoice(**found)
