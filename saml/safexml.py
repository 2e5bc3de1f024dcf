"""Reading XML that strangers sent: bounded, without DTD, entities, comments or network."""

import base64
import binascii
import re
from collections import Counter
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Final

from lxml import etree
from onelogin import saml2

from saml.errors import Code, SamlError
from saml.names import NSMAP

MAX_ENCODED: Final = 64 * 1024
MAX_XML: Final = 256 * 1024
EVERY_ID: Final = etree.XPath("//@ID | //@Id | //@id | //@xml:id", smart_strings=False)
LATEST: Final = datetime(9999, 1, 1, tzinfo=UTC)
"""What comes later counts as this: the tolerance for clocks is added to instants, and there is no year 10000."""
INSTANT: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?Z", re.ASCII)


def decode(text: str, *, limit: int = MAX_XML) -> bytes:
    """Return the bytes of base64 `text` (line breaks allowed); SamlError when it is too large or not base64."""
    if len(text) > limit * 4 // 3 + limit // 16:
        raise SamlError(Code.TOO_LARGE, f"{len(text)} characters of base64, at most {limit} bytes allowed")
    try:
        return base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError) as error:
        raise SamlError(Code.NOT_BASE64, str(error)) from error


def parse(data: bytes) -> etree._Element:
    """Return the root of `data`; SamlError when it is large, malformed, or has a DTD, comment or instruction.

    Comments are refused, not skipped: canonicalisation drops them, so a comment can split a signed value unnoticed.
    A DTD is refused before the parser sees it. That search is exact because everything is read as UTF-8, whatever the
    document says of itself: in another encoding the words could hide.
    """
    if len(data) > MAX_XML:
        raise SamlError(Code.TOO_LARGE, f"{len(data)} bytes of XML, at most {MAX_XML} allowed")
    if b"<!DOCTYPE" in data:
        raise SamlError(Code.DTD, "document type definitions are refused")
    if b"\0" in data:
        raise SamlError(Code.NOT_XML, "not in UTF-8")
    parser = etree.XMLParser(encoding="utf-8", resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        root = etree.fromstring(data, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise SamlError(Code.NOT_XML, str(error)) from error
    refuse_hidden_nodes(root)
    return root


def refuse_hidden_nodes(root: etree._Element) -> None:
    """Raise SamlError when a comment, processing instruction or entity stands anywhere in the document."""
    around = (*root.itersiblings(preceding=True), *root.itersiblings())
    if around or next(root.iter(etree.Comment, etree.PI, etree.Entity), None) is not None:
        raise SamlError(Code.MALFORMED, "comments and processing instructions are refused")


def refuse_repeated_ids(root: etree._Element) -> None:
    """Raise SamlError when two elements share an identifier (the ground of most signature wrapping)."""
    found = EVERY_ID(root)
    repeated = [each for each, times in Counter(found).items() if times > 1] if isinstance(found, list) else []
    if repeated:
        raise SamlError(Code.WRAPPED, f"identifiers used twice: {repeated[:5]}")


@lru_cache
def protocol_schema() -> etree.XMLSchema:
    """Return the SAML protocol schema that python3-saml ships."""
    folder = Path(saml2.__file__).parent / "schemas"
    return etree.XMLSchema(etree.parse(str(folder / "saml-schema-protocol-2.0.xsd")))


def refuse_invalid(root: etree._Element) -> None:
    """Raise SamlError when the message does not follow the SAML protocol schema."""
    schema = protocol_schema()
    if not schema.validate(root):
        error = schema.error_log.last_error  # type: ignore[attr-defined]  # the stubs lack it
        # Not the words of the error: they quote values.
        raise SamlError(Code.MALFORMED, f"against the schema: {error.type_name} in line {error.line}" if error else "")


@lru_cache(maxsize=256)
def compiled(path: str) -> etree.XPath:
    """Return the XPath `path` with this package's prefixes, ready to be used many times."""
    return etree.XPath(path, namespaces=NSMAP)


def find(node: etree._Element, path: str) -> list[etree._Element]:
    """Return the elements at XPath `path` with this package's prefixes."""
    found = compiled(path)(node)
    return [each for each in found if isinstance(each, etree._Element)] if isinstance(found, list) else []


def text_of(node: etree._Element) -> str:
    """Return the text of an element without children; SamlError when it has any."""
    if len(node):
        raise SamlError(Code.MALFORMED, f"{etree.QName(node).localname} holds elements where text is expected")
    return (node.text or "").strip()


def only(node: etree._Element, path: str, code: Code = Code.MALFORMED) -> etree._Element:
    """Return the single element at `path`; SamlError(code) when there is none or more than one."""
    found = find(node, path)
    if len(found) != 1:
        raise SamlError(code, f"{len(found)} elements at {path}, exactly one expected")
    return found[0]


def instant(value: str) -> datetime:
    """Return a SAML instant (always UTC, core 1.3.3) as an aware datetime; SamlError when it is not one."""
    if not INSTANT.fullmatch(value):
        raise SamlError(Code.MALFORMED, f"{value!r} is not an instant in UTC")
    try:
        found = datetime.fromisoformat(value).astimezone(UTC)
    except ValueError as error:
        raise SamlError(Code.MALFORMED, f"{value!r} is not an instant in UTC") from error
    return min(found, LATEST)


def written(moment: datetime) -> str:
    """Return an aware instant as SAML writes it, to the second."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def refuse_outside(not_before: str | None, not_on_or_after: str | None, now: datetime, skew: timedelta) -> None:
    """Raise SamlError when `now` lies outside the window, with `skew` of tolerance on both sides."""
    if not_before is not None and now + skew < instant(not_before):
        raise SamlError(Code.TOO_EARLY, f"not valid before {not_before}")
    if not_on_or_after is not None and now - skew >= instant(not_on_or_after):
        raise SamlError(Code.EXPIRED, f"not valid on or after {not_on_or_after}")
