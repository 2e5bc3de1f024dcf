"""What hides inside values: comments and instructions that split them, elements, entities, too many of them."""

from collections.abc import Callable

from lxml import etree

from saml.errors import Code
from saml.names import SAML, tag
from tests.saml.attacks.stage import IDEM_ATTRIBUTES, Attack, Scene, attack
from tests.saml.edits import Edit, all_of, doubling, emptying, one, removing, writing

SUBJECT = "saml:Assertion/saml:Subject"
NAME_ID = SUBJECT + "/saml:NameID"
STATEMENT = "saml:Assertion/saml:AttributeStatement"
VALUE = STATEMENT + "/saml:Attribute/saml:AttributeValue"
HIDDEN = (etree.Comment("x"), etree.ProcessingInstruction("x", "y"))
BAD = (Code.BAD_ATTRIBUTE, Code.MALFORMED)


def splitting(path: str, node: etree._Element) -> Edit:
    """Return an edit that splits the text at `path` by a comment or instruction."""

    def edit(root: etree._Element) -> None:
        target = one(root, path)
        text = target.text or ""
        hidden = etree.Comment("x") if node.tag is etree.Comment else etree.ProcessingInstruction("x", "y")
        hidden.tail = text[3:]
        target.text = text[:3]
        target.insert(0, hidden)

    return edit


def signed_with(edit: Edit) -> Callable[[Scene], etree._Element]:
    """Return what makes an answer that the provider signs after the edit."""
    return lambda scene: scene.signed(before=edit)


def changed(edit: Edit) -> Callable[[Scene], etree._Element]:
    """Return what makes an answer changed after signing."""
    return lambda scene: scene.signed(after=edit)


def beside_root(scene: Scene) -> bytes:
    """An instruction before the document."""
    return b"<?xml-stylesheet href='https://evil.example/'?>" + etree.tostring(scene.signed())


def child_in(path: str) -> Edit:
    """Return an edit that puts an element into the text at `path`."""

    def edit(root: etree._Element) -> None:
        etree.SubElement(one(root, path), tag(SAML, "NameID")).text = "evil"

    return edit


def unknown_entity(scene: Scene) -> bytes:
    """An entity that nothing declares."""
    return etree.tostring(scene.signed()).replace(b"Studente", b"&evil;")


def extra_attribute(root: etree._Element) -> None:
    """An attribute that was not asked for."""
    attribute = etree.SubElement(one(root, STATEMENT), tag(SAML, "Attribute"), {"Name": "address"})
    etree.SubElement(attribute, tag(SAML, "AttributeValue")).text = "via Roma 1"


def second_subject(root: etree._Element) -> None:
    """A second NameID, in the confirmation."""
    confirmation = one(root, SUBJECT + "/saml:SubjectConfirmation")
    name_id = etree.Element(tag(SAML, "NameID"))
    name_id.text = "evil"
    confirmation.insert(0, name_id)


def unknown_condition(root: etree._Element) -> None:
    """A condition of a kind that nobody here understands, which makes the assertion worth nothing (core 2.5.1)."""
    node = etree.SubElement(one(root, "saml:Assertion/saml:Conditions"), tag(SAML, "Condition"))
    node.set("{http://www.w3.org/2001/XMLSchema-instance}type", "saml:OneTimeUseType")


def scoped_as(value: str) -> Attack:
    """Return an answer of a university's provider with a principal name outside its scope."""
    name = next(iter(IDEM_ATTRIBUTES))
    edit = writing(f"{STATEMENT}/saml:Attribute[@Name='{name}']/saml:AttributeValue", value)
    return attack(f"the principal {value!r}", signed_with(edit), Code.BAD_ATTRIBUTE, federation="idem")


ATTACKS: list[Attack] = [
    *[
        attack(f"{what} in {place}, {when} signing", make(splitting(path, node)), Code.MALFORMED)
        for node, what in zip(HIDDEN, ("a comment", "an instruction"), strict=True)
        for path, place in ((VALUE, "a value"), (NAME_ID, "the NameID"), (STATEMENT, "the statement"))
        for make, when in ((signed_with, "before"), (changed, "after"))
    ],
    attack("an instruction before the document", beside_root, Code.MALFORMED),
    attack("an element in a value", signed_with(child_in(VALUE)), *BAD),
    attack("an element in the NameID", signed_with(child_in(NAME_ID)), Code.MALFORMED),
    attack("an entity that is not declared", unknown_entity, Code.NOT_XML, Code.MALFORMED),
    attack("an attribute twice", signed_with(doubling(STATEMENT + "/saml:Attribute")), *BAD),
    attack("an attribute not asked for", signed_with(extra_attribute), *BAD),
    attack("a value that is empty", signed_with(emptying(VALUE)), *BAD),
    attack("no value", signed_with(removing(VALUE)), *BAD),
    attack("no attributes", signed_with(removing(STATEMENT)), *BAD),
    attack("a second name", signed_with(doubling(NAME_ID)), Code.MALFORMED),
    attack("a second subject", signed_with(doubling(SUBJECT)), Code.MALFORMED),
    attack("a second confirmation", signed_with(doubling(SUBJECT + "/saml:SubjectConfirmation")), Code.WRONG_SUBJECT),
    attack("a condition nobody understands", signed_with(unknown_condition), Code.MALFORMED),
    attack("a second authentication", signed_with(doubling("saml:Assertion/saml:AuthnStatement")),
           Code.NO_AUTHENTICATION),
    attack("the name changed and split", changed(all_of(writing(NAME_ID, "_evil"), splitting(NAME_ID, HIDDEN[0]))),
           Code.MALFORMED),
    scoped_as("l.studente2@evil.example"),
    scoped_as("l.studente2@unidemo.example.evil.example"),
    scoped_as("l.studente2@sub.unidemo.example"),
    scoped_as("l.studente2@evil@unidemo.example"),
    scoped_as("l.studente2"),
    scoped_as("@unidemo.example"),
]  # fmt: skip
