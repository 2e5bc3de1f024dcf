"""Signature wrapping: the eight classic forms and their relatives.

A signed element is kept so that its signature still holds, and an evil one is put where a careless service reads.
Source: Somorovsky and others, "On Breaking SAML" (2012): XSW1 and XSW2 wrap a signed Response, XSW3 to XSW8 a signed
assertion.
"""

from collections.abc import Callable

from lxml import etree

from saml.errors import Code
from saml.names import DS, SAML, SAMLP, tag
from tests.saml.attacks.stage import Attack, Scene, attack
from tests.saml.edits import copied, one

ASSERTION = "saml:Assertion"
EVIL = "evil"


def evil_assertion(root: etree._Element, identifier: str = "_evil") -> etree._Element:
    """Return an unsigned copy of the assertion that speaks of somebody else."""
    twin = copied(one(root, ASSERTION))
    for signature in twin.findall(tag(DS, "Signature")):
        twin.remove(signature)
    twin.set("ID", identifier)
    for node in twin.iter(tag(SAML, "NameID"), tag(SAML, "AttributeValue")):
        node.text = EVIL
    return twin


def evil_response(root: etree._Element) -> etree._Element:
    """Return an unsigned copy of the whole answer, without any signature, that speaks of somebody else."""
    twin = copied(root)
    for signature in list(twin.iter(tag(DS, "Signature"))):
        signature.getparent().remove(signature)
    twin.set("ID", "_evil_response")
    twin.replace(one(twin, ASSERTION), evil_assertion(twin))
    return twin


def signature_of(node: etree._Element) -> etree._Element:
    """Return the signature of a Response or assertion, taken out."""
    signature = one(node, "ds:Signature")
    node.remove(signature)
    return signature


def extensions(root: etree._Element) -> etree._Element:
    """Return an Extensions element put where the schema wants it."""
    node = etree.Element(tag(SAMLP, "Extensions"))
    one(root, "samlp:Status").addprevious(node)
    return node


def xsw1(root: etree._Element) -> etree._Element:
    """The evil Response holds the signature, and the signature the Response that it covers."""
    evil, signature = evil_response(root), signature_of(root)
    signature.append(root)
    evil.insert(1, signature)
    return evil


def xsw2(root: etree._Element) -> etree._Element:
    """The evil Response, with the covered Response and its signature side by side inside."""
    evil, signature = evil_response(root), signature_of(root)
    evil.insert(1, signature)
    evil.insert(1, root)
    return evil


def xsw3(root: etree._Element) -> etree._Element:
    """The evil assertion before the signed one."""
    one(root, ASSERTION).addprevious(evil_assertion(root))
    return root


def xsw4(root: etree._Element) -> etree._Element:
    """The signed assertion inside the evil one."""
    signed, evil = one(root, ASSERTION), evil_assertion(root)
    root.replace(signed, evil)
    evil.append(signed)
    return root


def xsw5(root: etree._Element) -> etree._Element:
    """The evil assertion with the signature in it, the covered one after it without."""
    signed = one(root, ASSERTION)
    evil = evil_assertion(root)
    evil.insert(1, signature_of(signed))
    signed.addprevious(evil)
    return root


def xsw6(root: etree._Element) -> etree._Element:
    """The evil assertion with the signature in it, and the covered one in the signature."""
    signed = one(root, ASSERTION)
    evil, signature = evil_assertion(root), signature_of(signed)
    root.replace(signed, evil)
    signature.append(signed)
    evil.insert(1, signature)
    return root


def xsw7(root: etree._Element) -> etree._Element:
    """The evil assertion in the Extensions."""
    extensions(root).append(evil_assertion(root, "_assertion"))
    return root


def xsw8(root: etree._Element) -> etree._Element:
    """The evil assertion with the signature in it, and the covered one in an Object of the signature."""
    signed = one(root, ASSERTION)
    evil, signature = evil_assertion(root), signature_of(signed)
    root.replace(signed, evil)
    etree.SubElement(signature, tag(DS, "Object")).append(signed)
    evil.insert(1, signature)
    return root


def same_id(root: etree._Element) -> etree._Element:
    """Two assertions with the identifier that the signature refers to."""
    one(root, ASSERTION).addprevious(evil_assertion(root, "_assertion"))
    return root


def same_xml_id(root: etree._Element) -> etree._Element:
    """The evil assertion has the identifier by another kind of attribute."""
    evil = evil_assertion(root)
    evil.set("{http://www.w3.org/XML/1998/namespace}id", "_assertion")
    one(root, ASSERTION).addprevious(evil)
    return root


def evil_last(root: etree._Element) -> etree._Element:
    """The evil assertion after the signed one."""
    one(root, ASSERTION).addnext(evil_assertion(root))
    return root


def original_in_extensions(root: etree._Element) -> etree._Element:
    """The evil assertion in place, the signed one in the Extensions."""
    signed = one(root, ASSERTION)
    signed.addprevious(evil_assertion(root))
    extensions(root).append(signed)
    return root


def original_in_advice(root: etree._Element) -> etree._Element:
    """The signed assertion as the evil one's Advice."""
    signed, evil = one(root, ASSERTION), evil_assertion(root)
    root.replace(signed, evil)
    advice = etree.Element(tag(SAML, "Advice"))
    advice.append(signed)
    one(evil, "saml:Conditions").addnext(advice)
    return root


def original_in_status(root: etree._Element) -> etree._Element:
    """The signed assertion in the detail of the status."""
    signed = one(root, ASSERTION)
    signed.addprevious(evil_assertion(root))
    etree.SubElement(one(root, "samlp:Status"), tag(SAMLP, "StatusDetail")).append(signed)
    return root


def original_in_value(root: etree._Element) -> etree._Element:
    """The signed assertion as a value of the evil one's attribute."""
    signed, evil = one(root, ASSERTION), evil_assertion(root)
    root.replace(signed, evil)
    value = one(evil, "saml:AttributeStatement/saml:Attribute/saml:AttributeValue")
    value.text = None
    value.append(signed)
    return root


def original_in_confirmation(root: etree._Element) -> etree._Element:
    """The signed assertion in the evil one's SubjectConfirmationData."""
    signed, evil = one(root, ASSERTION), evil_assertion(root)
    root.replace(signed, evil)
    one(evil, "saml:Subject/saml:SubjectConfirmation/saml:SubjectConfirmationData").append(signed)
    return root


def response_in_object(root: etree._Element) -> etree._Element:
    """The covered Response in an Object of the evil Response's signature."""
    evil, signature = evil_response(root), signature_of(root)
    etree.SubElement(signature, tag(DS, "Object")).append(root)
    evil.insert(1, signature)
    return evil


def signature_moved_up(root: etree._Element) -> etree._Element:
    """The assertion's signature on the Response, and somebody else in the assertion."""
    signed, evil = one(root, ASSERTION), evil_assertion(root)
    if root.find(tag(DS, "Signature")) is not None:
        signature_of(root)
    signature = signature_of(signed)
    root.replace(signed, evil)
    root.insert(1, signature)
    return root


def other_name(root: etree._Element) -> etree._Element:
    """No wrapping at all: the values are changed under the signature."""
    signed = one(root, ASSERTION)
    for node in signed.iter(tag(SAML, "NameID"), tag(SAML, "AttributeValue")):
        node.text = EVIL
    return root


FORMS: tuple[Callable[[etree._Element], etree._Element], ...] = (
    xsw1, xsw2, xsw3, xsw4, xsw5, xsw6, xsw7, xsw8, same_id, same_xml_id, evil_last, original_in_extensions,
    original_in_advice, original_in_status, original_in_value, original_in_confirmation, response_in_object,
    signature_moved_up, other_name,
)  # fmt: skip
REFUSALS = (Code.WRAPPED, Code.ASSERTION_COUNT, Code.UNSIGNED, Code.MALFORMED, Code.BAD_SIGNATURE)


def wrapped(form: Callable[[etree._Element], etree._Element], sign: str) -> Callable[[Scene], etree._Element]:
    """Return what makes the answer wrapped in `form`, signed before that as `sign` names."""
    return lambda scene: form(scene.signed(sign=sign))


def forms_of(federation: str, sign: str) -> list[Attack]:
    """Return every form that applies to an answer signed as `sign` names."""
    forms = [form for form in FORMS if "response" in sign or form not in (xsw1, xsw2, response_in_object)]
    forms = [form for form in forms if "assertion" in sign or form not in (xsw5, xsw6, xsw8, signature_moved_up)]
    return [
        attack(
            f"{form.__name__} of {federation} signed on {sign}", wrapped(form, sign), *REFUSALS, federation=federation
        )
        for form in forms
    ]


ATTACKS = [
    *forms_of("spid-public", "assertion response"),
    *forms_of("idem", "assertion response"),
    *forms_of("idem", "assertion"),
    *forms_of("idem", "response"),
]
