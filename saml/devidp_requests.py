"""What a service asked the demo identity provider: address for the answer, level, attributes; read from the request."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from lxml import etree

from saml.bindings import Received
from saml.devidp_config import ServiceProvider
from saml.devidp_federations import Manner
from saml.errors import Code, SamlError
from saml.safexml import find, text_of

TRUE: Final = ("true", "1")


@dataclass(frozen=True)
class Asked:
    """A verified request to sign somebody in, waiting for a person to be chosen.

    `levels` are those that would do (0 where none was asked); `wanted` the attributes asked, None for all there are.
    """

    request_id: str
    service: ServiceProvider
    relay_state: str
    forced: bool
    passive: bool
    levels: tuple[int, ...]
    wanted: frozenset[str] | None
    at: datetime


def read_request(received: Received, service: ServiceProvider, manner: Manner, now: datetime) -> Asked:
    """Return what a verified AuthnRequest asks. SamlError when it names an address or attribute set we do not know."""
    root = received.root
    return Asked(
        request_id=root.get("ID", ""),
        service=replace(service, acs_url=answer_address(root, service)),
        relay_state=received.relay_state,
        forced=root.get("ForceAuthn") in TRUE,
        passive=root.get("IsPassive") in TRUE,
        levels=levels_asked(root, manner),
        wanted=attributes_asked(root, service, manner),
        at=now,
    )


def answer_address(root: etree._Element, service: ServiceProvider) -> str:
    """Return where the answer goes: what the request names, by index or address, among those of the metadata."""
    index, url = root.get("AssertionConsumerServiceIndex"), root.get("AssertionConsumerServiceURL")
    if index is None and url is None:
        return service.acs_url
    place = service.acs.get(index, "") if index is not None else url
    if not place or place not in service.acs.values():
        raise SamlError(Code.WRONG_DESTINATION, f"no AssertionConsumerService {index or url!r} in the metadata")
    return place


def levels_asked(root: etree._Element, manner: Manner) -> tuple[int, ...]:
    """Return the levels that would do, weakest first (core 3.3.2.2.1); only 0 where the request states none we know."""
    stated = [text_of(node) for node in find(root, "samlp:RequestedAuthnContext/saml:AuthnContextClassRef")]
    levels = [manner.levels.index(each) + 1 for each in stated if each in manner.levels]
    if not levels:
        return (0,)
    comparison = find(root, "samlp:RequestedAuthnContext")[0].get("Comparison", "exact")
    return tuple(range(min(levels), len(manner.levels) + 1)) if comparison == "minimum" else tuple(sorted(levels))


def attributes_asked(root: etree._Element, service: ServiceProvider, manner: Manner) -> frozenset[str] | None:
    """Return the names in the attribute set asked; SPID and CIE give nothing that was not asked."""
    index = root.get("AttributeConsumingServiceIndex")
    if index is None:
        return frozenset() if manner.strict else None
    if index not in service.sets:
        raise SamlError(Code.MALFORMED, f"no AttributeConsumingService {index!r} in the metadata")
    return service.sets[index]
