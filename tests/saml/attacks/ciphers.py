"""Encrypted assertions: made as a provider makes them, and in every way that must not be taken."""

from collections.abc import Callable
from copy import deepcopy

import xmlsec
from lxml import etree

from saml.errors import Code
from saml.names import SAML, XENC, tag
from tests.saml.attacks.stage import Attack, Pair, Scene, attack, put_signature
from tests.saml.attacks.wrapping import evil_assertion
from tests.saml.edits import Edit, copied, one

ASSERTION = "saml:Assertion"
HOLDER = "saml:EncryptedAssertion"
DATA = HOLDER + "/xenc:EncryptedData"


def encrypt(
    root: etree._Element,
    keys: Pair,
    content: str = "TransformAes256Gcm",
    transport: str = "TransformRsaOaep",
    key_size: int = 256,
    key_type: str = "KeyDataAes",
    what: str = ASSERTION,
) -> etree._Element:
    """Put the assertion of `root` (or `what`) into an EncryptedAssertion for the holder of `keys`; return `root`."""
    constants, template = xmlsec.constants, xmlsec.template
    assertion = one(root, what)
    holder = etree.Element(tag(SAML, "EncryptedAssertion"))
    assertion.addprevious(holder)
    data = template.encrypted_data_create(holder, getattr(constants, content), type=constants.TypeEncElement, ns="xenc")
    holder.append(data)
    template.encrypted_data_ensure_cipher_value(data)
    info = template.encrypted_data_ensure_key_info(data, ns="ds")
    key = template.add_encrypted_key(info, getattr(constants, transport))
    template.encrypted_data_ensure_cipher_value(key)
    manager = xmlsec.KeysManager()
    public = xmlsec.Key.from_memory(keys.certificate_pem, constants.KeyDataFormatCertPem)
    manager.add_key(public)
    context = xmlsec.EncryptionContext(manager)
    context.key = xmlsec.Key.generate(getattr(constants, key_type), key_size, constants.KeyDataTypeSession)
    root.remove(assertion)
    alone = copied(assertion)
    holder.append(alone)
    encrypted = context.encrypt_xml(data, alone)
    for extra in [node for node in holder if node is not encrypted and node.tag != tag(XENC, "EncryptedData")]:
        holder.remove(extra)
    return root


def sealed(
    edit: Edit | None = None, *, signed: str = "assertion response", whose: str = "ours", **how: object
) -> Callable[[Scene], etree._Element]:
    """Return what makes an answer whose assertion is signed (or not), then encrypted, then the Response signed."""

    def make(scene: Scene) -> etree._Element:
        root = scene.facts.document()
        if "assertion" in signed:
            put_signature(one(root, ASSERTION), scene.theirs)
        encrypt(root, getattr(scene, whose), **how)  # type: ignore[arg-type]
        if edit:
            edit(root)
        if "response" in signed:
            put_signature(root, scene.theirs)
        return root

    return make


def evil_sealed(scene: Scene) -> etree._Element:
    """Somebody else's assertion, unsigned, encrypted with our public key, in the place of the signed one."""
    root = scene.signed(sign="assertion response")
    evil = evil_assertion(root)
    root.replace(one(root, ASSERTION), evil)
    return encrypt(root, scene.ours)


def beside_clear(root: etree._Element) -> None:
    """An unsigned assertion in clear beside the encrypted one."""
    evil = etree.SubElement(root, tag(SAML, "Assertion"), {"ID": "_evil", "Version": "2.0"})
    evil.set("IssueInstant", root.get("IssueInstant", ""))
    etree.SubElement(evil, tag(SAML, "Issuer")).text = one(root, "saml:Issuer").text


def twice(root: etree._Element) -> None:
    """The same encrypted assertion twice."""
    holder = one(root, HOLDER)
    holder.addnext(deepcopy(holder))


def fetched(root: etree._Element) -> None:
    """A cipher text that is to be fetched."""
    cipher = one(root, DATA + "/xenc:CipherData")
    cipher.clear()
    etree.SubElement(cipher, tag(XENC, "CipherReference"), {"URI": "file:///etc/hostname"})


def spoilt(path: str) -> Edit:
    """Return an edit that changes the cipher text at `path`."""

    def edit(root: etree._Element) -> None:
        value = one(root, path)
        text = "".join((value.text or "").split())
        middle = len(text) // 2
        value.text = text[:middle] + ("B" if text[middle] == "A" else "A") + text[middle + 1 :]

    return edit


def two_inside(scene: Scene) -> etree._Element:
    """A signed assertion, encrypted, whose Advice holds another."""
    root = scene.facts.document()
    assertion = one(root, ASSERTION)
    advice = etree.Element(tag(SAML, "Advice"))
    advice.append(evil_assertion(root))
    one(assertion, "saml:Conditions").addnext(advice)
    put_signature(assertion, scene.theirs)
    return encrypt(root, scene.ours)


def hidden_comment(scene: Scene) -> etree._Element:
    """A comment that splits a value, out of sight until it is decrypted."""
    root = scene.facts.document()
    put_signature(one(root, ASSERTION), scene.theirs)
    value = one(root, ASSERTION + "/saml:AttributeStatement/saml:Attribute/saml:AttributeValue")
    text = value.text or ""
    value.text = text[:2]
    comment = etree.Comment("x")
    comment.tail = text[2:]
    value.append(comment)
    return encrypt(root, scene.ours)


def relaxed(name: str, make: Callable[[Scene], etree._Element], *codes: str) -> Attack:
    """Return an attack on a federation that takes encrypted assertions."""
    return attack(name, make, *codes, federation="idem")


ATTACKS: list[Attack] = [
    attack("encrypted where the federation does not encrypt", sealed(), Code.ENCRYPTED),
    relaxed("encrypted and unsigned", sealed(signed=""), Code.UNSIGNED),
    relaxed("somebody else's encrypted in place of the signed", evil_sealed, Code.BAD_SIGNATURE, Code.UNSIGNED),
    relaxed("encrypted by AES-CBC", sealed(content="TransformAes256Cbc"), Code.WEAK_ALGORITHM),
    relaxed("encrypted by Triple DES", sealed(content="TransformDes3Cbc", key_type="KeyDataDes", key_size=192),
            Code.WEAK_ALGORITHM),
    relaxed("the key by PKCS#1 v1.5", sealed(transport="TransformRsaPkcs1"), Code.WEAK_ALGORITHM),
    relaxed("encrypted for somebody else", sealed(whose="stranger"), Code.ENCRYPTED),
    relaxed("a changed cipher text", sealed(spoilt(DATA + "/xenc:CipherData/xenc:CipherValue")), Code.ENCRYPTED),
    relaxed("a changed key", sealed(spoilt(DATA + "/ds:KeyInfo/xenc:EncryptedKey/xenc:CipherData/xenc:CipherValue")),
            Code.ENCRYPTED),
    relaxed("one in clear beside it", sealed(beside_clear), Code.ASSERTION_COUNT, Code.MALFORMED),
    relaxed("twice", sealed(twice), Code.ENCRYPTED),
    relaxed("to be fetched", sealed(fetched), Code.ENCRYPTED),
    relaxed("two assertions inside", two_inside, Code.ASSERTION_COUNT),
    relaxed("a comment inside", hidden_comment, Code.MALFORMED),
]  # fmt: skip
