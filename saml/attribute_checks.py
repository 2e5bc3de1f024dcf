"""Reading and checking the attributes of an assertion: plain text only, within what was asked and within the scope.

Sources: SAML 2.0 core 2.7.3; AgID's list of checks, 98, 99 and 103; Shibboleth metadata extensions (shibmd:Scope).
"""

from collections.abc import Collection, Mapping
from typing import Final

from lxml import etree

from saml.errors import Code, SamlError
from saml.names import SAML, tag
from saml.safexml import find, text_of

ATTRIBUTE_VALUE: Final = tag(SAML, "AttributeValue")


def read_attributes(assertion: etree._Element, wanted: Collection[str]) -> dict[str, tuple[str, ...]]:
    """Return the values by SAML name, without empty ones.

    A value that holds elements is refused where the name is among `wanted`, else left out: federations send
    structured identifiers that nobody here reads.
    """
    found: dict[str, tuple[str, ...]] = {}
    for node in find(assertion, "saml:AttributeStatement/saml:Attribute"):
        name = node.get("Name", "")
        if name in found:
            raise SamlError(Code.BAD_ATTRIBUTE, f"attribute {name!r} occurs twice")
        values = [child for child in node if child.tag == ATTRIBUTE_VALUE]
        if name in wanted and any(len(value) for value in values):
            raise SamlError(Code.BAD_ATTRIBUTE, f"attribute {name!r} holds elements")
        found[name] = tuple(text for value in values if not len(value) and (text := text_of(value)))
    return found


def check_attributes(attributes: Mapping[str, tuple[str, ...]], asked: Collection[str] | None) -> None:
    """There are attributes, each has a value (AgID 98, 99), and none is outside the set asked (103; None: any set)."""
    if not attributes:
        raise SamlError(Code.BAD_ATTRIBUTE, "no attribute")
    empty = sorted(name for name, values in attributes.items() if not values)
    if empty:
        raise SamlError(Code.BAD_ATTRIBUTE, f"attributes without a value: {empty}")
    extra = sorted(set(attributes) - set(asked)) if asked is not None else []
    if extra:
        raise SamlError(Code.BAD_ATTRIBUTE, f"attributes that were not asked for: {extra}")


def check_scopes(values: Collection[str], scopes: Collection[str]) -> None:
    """Scoped values are somebody@scope, with a scope that the provider's metadata gives it; without any, none holds."""
    parts = [value.split("@") for value in values]
    if not all(len(part) == 2 and part[0] and part[1] in scopes for part in parts):
        raise SamlError(Code.BAD_ATTRIBUTE, "a value outside the scopes of this identity provider")
