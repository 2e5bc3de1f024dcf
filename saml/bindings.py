"""Carrying SAML messages through a browser: HTTP-Redirect with a signed query, HTTP-POST with a signed document."""

import base64
import secrets
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final, Literal
from urllib.parse import quote, unquote_plus, urlsplit

from lxml import etree

from saml.errors import Code, SamlError
from saml.names import DEFLATE, HTTP_POST, HTTP_REDIRECT, RSA_SHA256
from saml.safexml import MAX_ENCODED, MAX_XML, decode, parse
from saml.signing import Algorithms, Keys, sign_bytes, sign_element, verify_element, verify_query

Kind = Literal["SAMLRequest", "SAMLResponse"]
MAX_RELAY_STATE: Final = 1024  # bytes; the standard says 80, and providers exceed it


@dataclass(frozen=True)
class Outgoing:
    """A message ready to leave: redirect to `url`, or post `fields` as hidden inputs to `url`.

    `xml` is the message as it stands in there.
    """

    binding: str
    url: str
    message_id: str
    fields: Mapping[str, str] = field(default_factory=dict)
    xml: bytes = field(default=b"", repr=False)

    @property
    def signed(self) -> bytes:
        """The message with its signature, for those who must keep it: the document, by redirect the whole address."""
        return self.url.encode() if self.binding == HTTP_REDIRECT else self.xml


@dataclass(frozen=True)
class Received:
    """A message as it came: the parsed document and what is needed to verify who sent it."""

    kind: Kind
    binding: str
    root: etree._Element
    relay_state: str
    signed_query: str = ""
    signature: str = ""
    algorithm: str = ""


def new_id() -> str:
    """Return an unguessable message identifier of 160 bits that is a valid xs:ID."""
    return "_" + secrets.token_hex(20)


def pack(binding: str, url: str, kind: Kind, root: etree._Element, relay_state: str, keys: Keys) -> Outgoing:
    """Return `root` (with ID, without signature) signed for `binding`; ValueError for one we do not speak."""
    if binding == HTTP_REDIRECT:
        return pack_redirect(url, kind, root, relay_state, keys)
    if binding == HTTP_POST:
        return pack_post(url, kind, root, relay_state, keys)
    raise ValueError(f"no such binding: {binding}")


def pack_redirect(url: str, kind: Kind, root: etree._Element, relay_state: str, keys: Keys) -> Outgoing:
    """Return the message deflated into the query of `url`, the query signed with `keys`."""
    xml = etree.tostring(root)
    deflated = zlib.compress(xml, 9)[2:-4]
    pairs: list[tuple[str, str]] = [(kind, base64.b64encode(deflated).decode())]
    if relay_state:
        pairs.append(("RelayState", relay_state))
    pairs.append(("SigAlg", RSA_SHA256))
    query = "&".join(f"{name}={quote(value, safe='')}" for name, value in pairs)
    signature = base64.b64encode(sign_bytes(query.encode(), keys.key_pem)).decode()
    query += f"&Signature={quote(signature, safe='')}"
    return Outgoing(HTTP_REDIRECT, f"{url}{'&' if '?' in url else '?'}{query}", root.get("ID", ""), xml=xml)


def pack_post(url: str, kind: Kind, root: etree._Element, relay_state: str, keys: Keys) -> Outgoing:
    """Return the message as form fields, the document signed with `keys`."""
    sign_element(root, keys)
    xml = etree.tostring(root)
    fields: dict[str, str] = {kind: base64.b64encode(xml).decode()}
    if relay_state:
        fields["RelayState"] = relay_state
    return Outgoing(HTTP_POST, url, root.get("ID", ""), fields, xml)


def unpack_post(form: Mapping[str, str]) -> Received:
    """Return the message in a posted form; SamlError when there is none or it cannot be read."""
    kind = kind_in(form)
    return Received(kind, HTTP_POST, parse(decode(form[kind])), bounded(form.get("RelayState", "")))


def document_of(message: bytes) -> bytes:
    """Return the XML in a message kept as `Outgoing.signed`; SamlError when it cannot be read."""
    if not message.startswith(b"http"):
        return message
    raw = raw_parameters(urlsplit(message.decode()).query)
    return inflate(decode(unquote_plus(raw[kind_in(raw)]), limit=MAX_ENCODED))


def unpack_redirect(query: str) -> Received:
    """Return the message in the raw query string of an address; SamlError when there is none or it cannot be read.

    The raw string is needed because the signature covers the sender's own spelling of it (bindings 3.4.4.1).
    """
    if len(query) > MAX_ENCODED:
        raise SamlError(Code.TOO_LARGE, f"query of {len(query)} characters")
    raw = raw_parameters(query)
    kind = kind_in(raw)
    if "SAMLEncoding" in raw and unquote_plus(raw["SAMLEncoding"]) != DEFLATE:
        raise SamlError(Code.MALFORMED, "unknown SAMLEncoding")
    root = parse(inflate(decode(unquote_plus(raw[kind]), limit=MAX_ENCODED)))
    covered = "&".join(f"{name}={raw[name]}" for name in (kind, "RelayState", "SigAlg") if name in raw)
    relay_state, algorithm, signature = (unquote_plus(raw.get(n, "")) for n in ("RelayState", "SigAlg", "Signature"))
    return Received(kind, HTTP_REDIRECT, root, bounded(relay_state), covered, signature, algorithm)


def raw_parameters(query: str) -> dict[str, str]:
    """Return the parameters of `query` still encoded; SamlError when one occurs twice."""
    pairs = [part.partition("=") for part in query.split("&") if part]
    raw = {name: value for name, _, value in pairs}
    if len(raw) != len(pairs):
        raise SamlError(Code.MALFORMED, "a parameter occurs twice")
    return raw


def kind_in(names: Mapping[str, str]) -> Kind:
    """Return which of SAMLRequest and SAMLResponse is there; SamlError unless it is exactly one."""
    present: list[Kind] = [kind for kind in ("SAMLRequest", "SAMLResponse") if kind in names]
    if len(present) != 1:
        raise SamlError(Code.MALFORMED, "exactly one of SAMLRequest and SAMLResponse is expected")
    return present[0]


def bounded(relay_state: str) -> str:
    """Return the relay state; SamlError when it is too long to carry back."""
    if len(relay_state.encode()) > MAX_RELAY_STATE:
        raise SamlError(Code.TOO_LARGE, "RelayState is too long")
    return relay_state


def inflate(data: bytes) -> bytes:
    """Return deflated `data` in full; SamlError when it is broken or grows beyond the limit."""
    unpacker = zlib.decompressobj(-15)
    try:
        xml = unpacker.decompress(data, MAX_XML + 1)
    except zlib.error as error:
        raise SamlError(Code.MALFORMED, str(error)) from error
    if len(xml) > MAX_XML:
        raise SamlError(Code.TOO_LARGE, f"more than {MAX_XML} bytes of XML after decompression")
    return xml


def verify(received: Received, certificates: Iterable[str], accepted: Algorithms) -> None:
    """Raise SamlError unless the message is signed, as its binding demands, by one of `certificates` (PEM)."""
    if received.binding == HTTP_POST:
        verify_element(received.root, certificates, accepted)
    elif not received.signature:
        raise SamlError(Code.UNSIGNED, "the query is not signed")
    else:
        verify_query(received.signed_query, received.signature, received.algorithm, certificates, accepted)
