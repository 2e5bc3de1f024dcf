"""Signatures that are missing, by the wrong key, too weak, or that compute something else than they seem to."""

import base64
from collections.abc import Callable

import xmlsec
from cryptography.x509 import load_pem_x509_certificate
from lxml import etree

from saml.errors import Code
from saml.names import DS, tag
from tests.saml.attacks.stage import Attack, Pair, Scene, attack, complete, put_signature
from tests.saml.edits import copied, one, removing, setting, writing

ASSERTION = "saml:Assertion"
SIGNATURE = ASSERTION + "/ds:Signature"
REFERENCE = SIGNATURE + "/ds:SignedInfo/ds:Reference"
TRANSFORMS = REFERENCE + "/ds:Transforms"
ODD = (Code.WRAPPED, Code.MALFORMED, Code.WEAK_ALGORITHM)
XSLT = """
<ds:Transform xmlns:ds="http://www.w3.org/2000/09/xmldsig#" Algorithm="http://www.w3.org/TR/1999/REC-xslt-19991116">
<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform"><xsl:template match="/">
<xsl:value-of select="document('file:///etc/passwd')"/></xsl:template></xsl:stylesheet></ds:Transform>
"""
XPATH = """
<ds:Transform xmlns:ds="http://www.w3.org/2000/09/xmldsig#" Algorithm="http://www.w3.org/TR/1999/REC-xpath-19991116">
<ds:XPath>not(ancestor-or-self::*[local-name() = 'AttributeStatement'])</ds:XPath></ds:Transform>
"""
XPATH_FILTER = """
<ds:Transform xmlns:ds="http://www.w3.org/2000/09/xmldsig#" Algorithm="http://www.w3.org/2002/06/xmldsig-filter2">
<f:XPath xmlns:f="http://www.w3.org/2002/06/xmldsig-filter2" Filter="subtract">//*</f:XPath></ds:Transform>
"""
BASE64 = (
    '<ds:Transform xmlns:ds="http://www.w3.org/2000/09/xmldsig#" Algorithm="http://www.w3.org/2000/09/xmldsig#base64"/>'
)


def weakly(method: str, digest: str) -> Callable[[Scene], etree._Element]:
    """Return what makes an answer whose assertion is signed with the named xmlsec transforms."""

    def make(scene: Scene) -> etree._Element:
        root = scene.facts.document()
        put_signature(one(root, ASSERTION), scene.theirs, method, digest)
        put_signature(root, scene.theirs)
        return root

    return make


def with_transform(transform: str, at: int) -> Callable[[Scene], etree._Element]:
    """Return what makes an answer with one transform more in the assertion's signature."""

    def make(scene: Scene) -> etree._Element:
        return scene.signed(after=lambda root: one(root, TRANSFORMS).insert(at, etree.fromstring(transform)))

    return make


def truly_transformed(scene: Scene) -> etree._Element:
    """Signed by the provider over everything but the attributes, which are somebody else's."""
    root = scene.facts.document()
    assertion = one(root, ASSERTION)
    signature = put_signature(assertion, scene.theirs)
    one(root, TRANSFORMS).insert(1, etree.fromstring(XPATH))
    complete(assertion, signature, scene.theirs)
    for value in root.findall(f"{ASSERTION}/saml:AttributeStatement/saml:Attribute/saml:AttributeValue", root.nsmap):
        value.text = "evil"
    put_signature(root, scene.theirs)
    return root


def keyed_by_certificate(scene: Scene) -> etree._Element:
    """An HMAC whose secret is what everybody knows: the provider's certificate."""
    root = scene.facts.document()
    constants, template = xmlsec.constants, xmlsec.template
    assertion = one(root, ASSERTION)
    signature = template.create(assertion, constants.TransformExclC14N, constants.TransformHmacSha256, ns="ds")
    assertion.insert(1, signature)
    reference = template.add_reference(signature, constants.TransformSha256, uri="#_assertion")
    template.add_transform(reference, constants.TransformEnveloped)
    template.add_transform(reference, constants.TransformExclC14N)
    context = xmlsec.SignatureContext()
    context.key = xmlsec.Key.from_binary_data(constants.KeyDataHmac, scene.theirs.certificate_pem.encode())
    context.register_id(assertion, "ID")
    context.sign(signature)
    return root


def by(whose: str, sign: str = "assertion response") -> Callable[[Scene], etree._Element]:
    """Return what makes an answer signed by the key pair that is the scene's `whose`."""

    def make(scene: Scene) -> etree._Element:
        keys: Pair = getattr(scene, whose)
        return scene.signed(keys=keys, sign=sign)

    return make


def half_by_stranger(strange: str) -> Callable[[Scene], etree._Element]:
    """Return what makes an answer whose one half is signed by the provider, the other by a stranger."""

    def make(scene: Scene) -> etree._Element:
        root = scene.facts.document()
        put_signature(one(root, ASSERTION), scene.stranger if strange == "assertion" else scene.theirs)
        put_signature(root, scene.stranger if strange == "response" else scene.theirs)
        return root

    return make


def key_value(scene: Scene) -> etree._Element:
    """The stranger's bare public key in KeyInfo, in place of a certificate."""
    root = scene.facts.document()
    assertion = one(root, ASSERTION)
    signature = put_signature(assertion, scene.stranger)
    numbers = load_pem_x509_certificate(scene.stranger.certificate_pem.encode()).public_key().public_numbers()
    info = one(signature, "ds:KeyInfo")
    info.clear()
    value = etree.SubElement(etree.SubElement(info, tag(DS, "KeyValue")), tag(DS, "RSAKeyValue"))
    for name, number in (("Modulus", numbers.n), ("Exponent", numbers.e)):
        size = (number.bit_length() + 7) // 8
        etree.SubElement(value, tag(DS, name)).text = base64.b64encode(number.to_bytes(size)).decode()
    put_signature(root, scene.stranger)
    return root


def key_elsewhere(root: etree._Element) -> None:
    """KeyInfo that tells where the key may be fetched."""
    info = one(root, SIGNATURE + "/ds:KeyInfo")
    info.clear()
    kind = "http://www.w3.org/2000/09/xmldsig#rawX509Certificate"
    etree.SubElement(info, tag(DS, "RetrievalMethod"), {"URI": "file:///etc/hostname", "Type": kind})


def second_signed_info(root: etree._Element) -> None:
    """A second SignedInfo after the first, for whoever takes the last."""
    info = one(root, SIGNATURE + "/ds:SignedInfo")
    twin = copied(info)
    one(twin, "ds:Reference").set("URI", "#_evil")
    info.addnext(twin)


def second_reference(root: etree._Element) -> None:
    """A second Reference after the first."""
    reference = one(root, REFERENCE)
    reference.addnext(copied(reference))


def second_signature(root: etree._Element) -> None:
    """A second signature on the assertion."""
    signature = one(root, SIGNATURE)
    signature.addnext(copied(signature))


def manifest(root: etree._Element) -> None:
    """A Manifest, whose references the signature vouches for but nobody verifies."""
    holder = etree.SubElement(one(root, SIGNATURE), tag(DS, "Object"))
    etree.SubElement(holder, tag(DS, "Manifest")).append(copied(one(root, REFERENCE)))


def changed(
    edit: Callable[[etree._Element], object], sign: str = "assertion response"
) -> Callable[[Scene], etree._Element]:
    """Return what makes an answer changed after signing."""
    return lambda scene: scene.signed(after=edit, sign=sign)


def reference_to(uri: str | None) -> Callable[[Scene], etree._Element]:
    """Return what makes an answer whose assertion's signature refers to something else."""
    return changed(setting(REFERENCE, "URI", uri))


ATTACKS: list[Attack] = [
    attack("nothing signed", lambda scene: scene.signed(sign=""), Code.UNSIGNED),
    attack("nothing signed, relaxed", lambda scene: scene.signed(sign=""), Code.UNSIGNED, federation="idem"),
    attack("only the Response signed", lambda scene: scene.signed(sign="response"), Code.UNSIGNED),
    attack("the assertion's signature removed", changed(removing(SIGNATURE)), Code.UNSIGNED),
    attack(
        "both signatures removed", changed(lambda root: [removing("ds:Signature")(root), removing(SIGNATURE)(root)]),
        Code.UNSIGNED,
    ),
    attack("by a stranger who brings a certificate", by("stranger"), Code.BAD_SIGNATURE),
    attack("by a stranger, relaxed", by("stranger", "response"), Code.BAD_SIGNATURE, federation="idem"),
    attack("by our own key", by("ours"), Code.BAD_SIGNATURE),
    attack("the assertion by a stranger", half_by_stranger("assertion"), Code.BAD_SIGNATURE),
    attack("the Response by a stranger", half_by_stranger("response"), Code.BAD_SIGNATURE),
    attack("a bare key in KeyInfo", key_value, Code.BAD_SIGNATURE),
    attack("a key to be fetched", changed(key_elsewhere), Code.BAD_SIGNATURE),
    attack("an HMAC keyed by the certificate", keyed_by_certificate, Code.WEAK_ALGORITHM, federation="idem"),
    attack("RSA with SHA-1", weakly("TransformRsaSha1", "TransformSha256"), Code.WEAK_ALGORITHM),
    attack("a digest by SHA-1", weakly("TransformRsaSha256", "TransformSha1"), Code.WEAK_ALGORITHM),
    attack("RSA with MD5", changed(setting(SIGNATURE + "/ds:SignedInfo/ds:SignatureMethod", "Algorithm",
           "http://www.w3.org/2001/04/xmldsig-more#rsa-md5")), Code.WEAK_ALGORITHM),
    attack("no signature value", changed(writing(SIGNATURE + "/ds:SignatureValue", "")), Code.BAD_SIGNATURE, *ODD),
    attack("another digest", changed(writing(REFERENCE + "/ds:DigestValue", "AAAA")), Code.BAD_SIGNATURE),
    attack("XSLT first", with_transform(XSLT, 0), *ODD),
    attack("XSLT last", with_transform(XSLT, 2), *ODD),
    attack("XPath", with_transform(XPATH, 1), *ODD),
    attack("XPath filter", with_transform(XPATH_FILTER, 1), *ODD),
    attack("base64", with_transform(BASE64, 2), *ODD),
    attack("signed over everything but the attributes", truly_transformed, *ODD),
    attack("no transform", changed(removing(TRANSFORMS)), *ODD),
    attack("two SignedInfo", changed(second_signed_info), *ODD),
    attack("two references", changed(second_reference), *ODD),
    attack("two signatures", changed(second_signature), *ODD),
    attack("a manifest", changed(manifest), *ODD),
    attack("canonicalisation with comments", changed(setting(SIGNATURE + "/ds:SignedInfo/ds:CanonicalizationMethod",
           "Algorithm", "http://www.w3.org/2001/10/xml-exc-c14n#WithComments")), *ODD),
    *[
        attack(f"a reference to {uri!r}", reference_to(uri), *ODD)
        for uri in ("", None, "#_response", "_assertion", "#_nothing", "#xpointer(/)", "#xpointer(id('_assertion'))",
                    "https://idp.example/#_assertion", "file:///etc/passwd")
    ],
]  # fmt: skip
