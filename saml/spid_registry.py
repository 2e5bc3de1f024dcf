"""The SPID registry's own list of identity providers in JSON (`entities-idp?output=json`), read as `Copy`.

AgID publishes it unsigned: it is as trustworthy as the https connection it came through, so that the registry's signed
XML is the better source. Each provider is an object with `entity_id`, `organization_name`,
`organization_display_name`, `signing_certificate_x509` (a list of base64), and `single_sign_on_service` and
`single_logout_service` (lists of objects with `Binding`, `Location` and perhaps `ResponseLocation`); those with
`_deleted` or `_disabled` set to "Y" are kept by the registry as history.
"""

import json
from collections.abc import Mapping
from typing import Any, Final

from saml.errors import Code, SamlError
from saml.federation_metadata import Copy, Entry
from saml.names import BINDINGS
from saml.registry import LONGEST_NAME, IdentityProvider, make_provider

MAX_BYTES: Final = 5_000_000
"""A dozen providers take 100 KB."""
GONE: Final = ("_deleted", "_disabled")
LANGUAGE: Final = "it"
"""The registry gives one name, in Italian."""


def read_list(data: bytes) -> Copy:
    """Return the identity providers of the list; SamlError when it is no such list or holds none that can be used."""
    problems: list[str] = []
    entries: dict[str, Entry] = {}
    for row in rows_of(data):
        provider = read_row(row, problems)
        if provider is not None and provider.entity_id in entries:
            problems.append(f"{provider.entity_id}: entity_id: occurs twice, the first one counts")
        elif provider is not None:
            entries[provider.entity_id] = Entry(provider)
    if not entries:
        raise SamlError(Code.MALFORMED, "; ".join(["no identity provider that can be used", *problems[:3]]))
    return Copy(tuple(entries.values()), tuple(problems))


def rows_of(data: bytes) -> list[Mapping[str, Any]]:
    """Return the objects of the list that are in force."""
    if len(data) > MAX_BYTES:
        raise SamlError(Code.TOO_LARGE, f"{len(data)} bytes of JSON, at most {MAX_BYTES} allowed")
    try:
        found = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise SamlError(Code.MALFORMED, f"not JSON: {error}") from error
    if not isinstance(found, list):
        raise SamlError(Code.MALFORMED, "not a list of identity providers")
    return [row for row in found if isinstance(row, dict) and not any(row.get(flag) == "Y" for flag in GONE)]


def read_row(row: Mapping[str, Any], problems: list[str]) -> IdentityProvider | None:
    """Return the provider of one object, None (and a line in `problems`) when it cannot be used."""
    name = text(row, "organization_display_name") or text(row, "organization_name")
    bodies = row.get("signing_certificate_x509")
    return make_provider(
        entity_id=text(row, "entity_id"),
        names={LANGUAGE: name[:LONGEST_NAME]} if name else {},
        sso=places(row, "single_sign_on_service"),
        slo=places(row, "single_logout_service"),
        slo_answers=places(row, "single_logout_service", "ResponseLocation"),
        bodies=[body for body in bodies if isinstance(body, str)] if isinstance(bodies, list) else [],
        scopes=(),
        errors=problems,
    )


def places(row: Mapping[str, Any], service: str, key: str = "Location") -> dict[str, str]:
    """Return the first address of a service for each binding we speak; `key` falls back to Location."""
    services = row.get(service)
    found: dict[str, str] = {}
    for each in services if isinstance(services, list) else []:
        if isinstance(each, dict) and text(each, "Binding") in BINDINGS:
            found.setdefault(text(each, "Binding"), text(each, key) or text(each, "Location"))
    return found


def text(row: Mapping[str, Any], key: str) -> str:
    """Return the printable text at `key` (JSON may carry what no database keeps), empty for anything but a text."""
    found = row.get(key)
    return "".join(filter(str.isprintable, " ".join(found.split()))) if isinstance(found, str) else ""
