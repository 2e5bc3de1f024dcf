"""Documents that are none: definitions and entities, other encodings, rubbish, far too much of it."""

import base64

from lxml import etree

from saml.errors import Code
from saml.safexml import MAX_XML
from tests.saml.attacks.stage import Attack, Scene, attack

LAUGHS = b"<!DOCTYPE x [<!ENTITY a '" + b"a" * 1000 + b"'>" + b"".join(
    b"<!ENTITY %c '%s'>" % (98 + level, b"&%c;" % (97 + level) * 100) for level in range(6)
) + b"]>"  # fmt: skip
QUADRATIC = b"<!DOCTYPE x [<!ENTITY a '" + b"a" * 100_000 + b"'>]>"
EXTERNAL = b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>'
PARAMETER = b'<!DOCTYPE x [<!ENTITY % e SYSTEM "http://127.0.0.1:9/evil.dtd"> %e;]>'
DEFAULTS = b'<!DOCTYPE x [<!ATTLIST x ID CDATA "_evil">]>'


def xml_of(scene: Scene) -> bytes:
    """Return a right answer as bytes."""
    return etree.tostring(scene.signed())


def defined(name: str, doctype: bytes, entity: bytes = b"Studente") -> Attack:
    """Return an answer behind a document type definition, its family name being the entity."""
    return attack(name, lambda scene: doctype + xml_of(scene).replace(b"Studente", entity), Code.DTD)


def encoded_as(encoding: str) -> Attack:
    """Return an answer with a definition that only a reader of another encoding sees."""

    def make(scene: Scene) -> bytes:
        head = f'<?xml version="1.0" encoding="{encoding}"?>'
        return (head + EXTERNAL.decode() + xml_of(scene).decode()).encode(encoding)

    return attack(f"a definition in {encoding}", make, Code.NOT_XML, Code.DTD, Code.MALFORMED)


def deep(depth: int) -> bytes:
    """Return elements inside each other."""
    return b"<a>" * depth + b"</a>" * depth


ATTACKS: list[Attack] = [
    defined("a billion laughs", LAUGHS, b"&g;"),
    defined("one long entity many times", QUADRATIC, b"&a;" * 1000),
    defined("an entity of a file", EXTERNAL, b"&a;"),
    defined("an entity of the network", PARAMETER),
    defined("default attributes", DEFAULTS),
    *[encoded_as(encoding) for encoding in ("utf-16", "utf-16-be", "utf-32", "utf-7", "cp037")],
    attack("nothing", lambda scene: "", Code.NOT_XML),
    attack("no base64", lambda scene: "<xml>", Code.NOT_BASE64),
    attack("no XML", lambda scene: b"\xff\xfe not XML", Code.NOT_XML),
    attack("half an answer", lambda scene: xml_of(scene)[:2000], Code.NOT_XML),
    attack("two answers", lambda scene: xml_of(scene) * 2, Code.NOT_XML),
    attack("another message", lambda scene: b"<saml:Assertion xmlns:saml='urn:oasis:names:tc:SAML:2.0:assertion'/>",
           Code.WRONG_ROOT),
    attack("without namespaces", lambda scene: xml_of(scene).replace(b"samlp:", b"").replace(b"saml:", b""),
           Code.WRONG_ROOT, Code.NOT_XML),
    attack("thousands of elements inside each other", lambda scene: deep(30_000), Code.NOT_XML),
    attack("more than the limit", lambda scene: b"<a>" + b" " * MAX_XML + b"</a>", Code.TOO_LARGE),
    attack("twice the limit of base64", lambda scene: base64.b64encode(b"a" * 2 * MAX_XML).decode(), Code.TOO_LARGE),
]  # fmt: skip
