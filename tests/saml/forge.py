"""Answers made by hand with the provider's real key: changed before signing, or after."""

import subprocess
from dataclasses import dataclass
from pathlib import Path

import xmlsec
from lxml import etree

from saml import devidp_answers as answers
from saml.bindings import Outgoing
from saml.names import DS, SAML, SAMLP, SUCCESS, tag
from saml.responses import PendingRequest
from saml.signing import Keys, sign_element
from tests.saml.desk import NOW, Desk
from tests.saml.edits import Edit, copied, one

SESSION = "_session"


@dataclass(frozen=True)
class Pair:
    """A key and its certificate."""

    key_pem: str
    certificate_pem: str


def new_pair(folder: Path, *options: str) -> Pair:
    """Return a new key pair made by openssl."""
    key, certificate = folder / "new.key", folder / "new.crt"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=somebody"]
    subprocess.run([*command, "-keyout", key, "-out", certificate, *options], check=True, capture_output=True)
    return Pair(key.read_text(), certificate.read_text())


def plain(desk: Desk, outgoing: Outgoing, uid: str = "l.studente2") -> etree._Element:
    """Return an unsigned answer to `outgoing` that is right in everything else."""
    person = desk.config.person(uid)
    assert person
    root = answers.response(desk.config, desk.service, outgoing.message_id, desk.now)
    answers.add_status(root, SUCCESS)
    assertion = answers.assertion_about(desk.config, desk.service, person, "_name", outgoing.message_id, desk.now)
    answers.add_authentication(assertion, SESSION, desk.now)
    answers.add_attributes(assertion, person)
    root.append(assertion)
    return root


def forged(
    desk: Desk,
    outgoing: Outgoing,
    *,
    before: Edit | None = None,
    after: Edit | None = None,
    keys: Keys | None = None,
    sign: str = "assertion",
) -> etree._Element:
    """Return an answer changed `before` and `after` signing by `keys` (the provider's own) what `sign` names."""
    root = plain(desk, outgoing)
    if before:
        before(root)
    if "assertion" in sign:
        sign_element(one(root, "saml:Assertion"), keys or desk.config)
    if "response" in sign:
        sign_element(root, keys or desk.config)
    if after:
        after(root)
    return root


def evil_twin(root: etree._Element, identifier: str) -> etree._Element:
    """Return an unsigned copy of the signed assertion that speaks of somebody else."""
    twin = copied(one(root, "saml:Assertion"))
    signature = one(twin, "ds:Signature")
    twin.remove(signature)
    twin.set("ID", identifier)
    for value in twin.iter(tag(SAML, "AttributeValue")):
        value.text = "evil"
    return twin


def sign_weakly(element: etree._Element, keys: Keys, method: str, digest: str) -> None:
    """Sign `element` in the usual shape with the named xmlsec transforms."""
    transforms = xmlsec.constants
    signature = xmlsec.template.create(element, transforms.TransformExclC14N, getattr(transforms, method), ns="ds")
    element.insert(1, signature)
    reference = xmlsec.template.add_reference(signature, getattr(transforms, digest), uri=f"#{element.get('ID')}")
    xmlsec.template.add_transform(reference, transforms.TransformEnveloped)
    xmlsec.template.add_transform(reference, transforms.TransformExclC14N)
    context = xmlsec.SignatureContext()
    context.key = xmlsec.Key.from_memory(keys.key_pem, transforms.KeyDataFormatPem)
    context.register_id(element, "ID")
    context.sign(signature)


def extensions(root: etree._Element) -> etree._Element:
    """Return an Extensions element put where the schema wants it, after issuer and signature."""
    node = etree.Element(tag(SAMLP, "Extensions"))
    one(root, "samlp:Status").addprevious(node)
    return node


def signature_object(root: etree._Element) -> etree._Element:
    """Return an Object element added to the assertion's signature."""
    return etree.SubElement(one(root, "saml:Assertion/ds:Signature"), tag(DS, "Object"))


def pending_of(desk: Desk, outgoing: Outgoing) -> PendingRequest:
    """Return the pending request that `outgoing` started at the desk's first instant."""
    return PendingRequest(outgoing.message_id, desk.config.entity_id, NOW)
