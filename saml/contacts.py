"""The organisation and its contacts as they stand in our metadata, with the extensions of SPID and CIE.

Sources: metadata 2.3.2.1 and 2.3.2.2; AgID, Avviso 29 v3 (SPID); technical manual of "Entra con CIE".
"""

from collections.abc import Mapping

from lxml import etree

from saml.names import CIE, FPA, MD, SPID, XML, tag
from saml.parties import Contact, Invoice
from saml.profile import Profile


def add_localised(parent: etree._Element, name: str, texts: Mapping[str, str]) -> None:
    """Add one element per language."""
    for language, text in texts.items():
        etree.SubElement(parent, name, {tag(XML, "lang"): language}).text = text


def add_organisation(root: etree._Element, profile: Profile) -> None:
    """Add who runs the service, in every language."""
    organisation = etree.SubElement(root, tag(MD, "Organization"))
    add_localised(organisation, tag(MD, "OrganizationName"), profile.organisation.name)
    add_localised(organisation, tag(MD, "OrganizationDisplayName"), profile.organisation.display_name)
    add_localised(organisation, tag(MD, "OrganizationURL"), profile.organisation.url)


def add_contact(root: etree._Element, profile: Profile, contact: Contact) -> None:
    """Add one contact; SPID and CIE want its address without the scheme that the standard asks for."""
    node = etree.SubElement(root, tag(MD, "ContactPerson"), {"contactType": contact.kind})
    if profile.contact_extensions:
        add_contact_extensions(node, profile, contact)
    scheme = "" if profile.contact_extensions else "mailto:"
    add_texts(
        node,
        MD,
        {
            "Company": contact.company or company_of(profile, contact),
            "GivenName": contact.given_name,
            "SurName": contact.surname,
            "EmailAddress": scheme + contact.email,
            "TelephoneNumber": contact.phone,
        },
    )


def company_of(profile: Profile, contact: Contact) -> str:
    """Return the organisation's Italian name, which SPID and CIE want as the company of its own contacts."""
    return profile.organisation.name["it"] if profile.contact_extensions and contact.kind != "technical" else ""


def add_contact_extensions(node: etree._Element, profile: Profile, contact: Contact) -> None:
    """Add what identifies the body behind the service to SPID or CIE."""
    extensions = etree.SubElement(node, tag(MD, "Extensions"))
    if contact.kind == "billing":
        if contact.invoice:
            add_invoice(extensions, contact.invoice)
    elif profile.contact_extensions == "spid":
        codes = {"IPACode": contact.ipa_code, "VATNumber": contact.vat_number, "FiscalCode": contact.fiscal_code}
        add_texts(extensions, SPID, codes)
        etree.SubElement(extensions, tag(SPID, profile.sector.title()))
    else:
        add_cie(extensions, contact, contact.sector or profile.sector)


def add_cie(extensions: etree._Element, contact: Contact, sector: str) -> None:
    """Add the extensions of CIE; `sector` is that of the contact's own body."""
    etree.SubElement(extensions, tag(CIE, sector.title()))
    identity = {"IPACode": contact.ipa_code, "IPACategory": contact.ipa_category}
    add_texts(extensions, CIE, {**identity, "VATNumber": contact.vat_number, "FiscalCode": contact.fiscal_code})
    for code in contact.nace:
        add_texts(extensions, CIE, {"NACE2Code": code})
    place = {"Municipality": contact.municipality, "Province": contact.province, "Country": contact.country}
    add_texts(extensions, CIE, place)


def add_invoice(extensions: etree._Element, invoice: Invoice) -> None:
    """Add to whom providers send their invoices, in the words of the electronic invoice (Avviso 29 v3)."""
    buyer = etree.SubElement(extensions, tag(FPA, "CessionarioCommittente"))
    person = etree.SubElement(buyer, tag(FPA, "DatiAnagrafici"))
    if invoice.vat_code:
        vat = etree.SubElement(person, tag(FPA, "IdFiscaleIVA"))
        add_texts(vat, FPA, {"IdPaese": invoice.vat_country, "IdCodice": invoice.vat_code})
    add_texts(person, FPA, {"CodiceFiscale": invoice.fiscal_code})
    names = (
        {"Denominazione": invoice.name} if invoice.name else {"Nome": invoice.first_name, "Cognome": invoice.surname}
    )
    add_texts(etree.SubElement(person, tag(FPA, "Anagrafica")), FPA, names)
    seat = {
        "Indirizzo": invoice.address,
        "NumeroCivico": invoice.number,
        "CAP": invoice.postcode,
        "Comune": invoice.municipality,
        "Provincia": invoice.province,
        "Nazione": invoice.country,
    }
    add_texts(etree.SubElement(buyer, tag(FPA, "Sede")), FPA, seat)


def add_texts(parent: etree._Element, namespace: str, texts: Mapping[str, str]) -> None:
    """Add one element for each text that is not empty."""
    for name, text in texts.items():
        if text:
            etree.SubElement(parent, tag(namespace, name)).text = text
