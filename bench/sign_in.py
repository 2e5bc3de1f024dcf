"""Measures what signing in costs: CPU per request and per verified answer, beside a bare python3-saml validation.

Both validations see the same answer of the demo's providers; runs alternate, the medians count. What the desk writes
to its database is not in these figures.
"""

import statistics
import tempfile
import time
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path

from lxml import etree
from onelogin.saml2.response import OneLogin_Saml2_Response
from onelogin.saml2.settings import OneLogin_Saml2_Settings

from saml.bindings import new_id
from saml.devidp_answers import idp_metadata, sign_in
from saml.devidp_config import IdpConfig, fetch_service, load_config
from saml.metadata import build_metadata
from saml.names import HTTP_POST, HTTP_REDIRECT
from saml.profile import Profile, load_profile
from saml.registry import IdentityProvider, read_provider
from saml.requests import authn_request
from saml.responses import PendingRequest, read_response
from servicedesk.settings import ROOT

TIMES = 200
BASE = "http://127.0.0.1:8000"
FOLDER = ROOT / "config" / "saml"
CASES = (
    ("university", "devidp", "http://localhost:8001", "/"),
    ("spid", "devidp-digital", "http://localhost:8002", "/spid/alfa"),
)


class Memory:
    """One request waiting for its answer as often as it is asked, and no assertion ever used before."""

    def __init__(self, request: PendingRequest) -> None:
        self.request = request

    def was_taken(self, request_id: str) -> bool:
        return request_id != self.request.id

    def find(self, request_id: str) -> PendingRequest | None:
        return self.request if request_id == self.request.id else None

    def take(self, request_id: str) -> bool:
        return request_id == self.request.id

    def remember(self, assertion_id: str, until: datetime) -> bool:
        return bool(assertion_id and until)


class Providers:
    """The one provider."""

    def __init__(self, provider: IdentityProvider) -> None:
        self.provider = provider

    def get(self, entity_id: str) -> IdentityProvider:
        return self.provider


def answer(config: IdpConfig, profile: Profile, request_id: str, now: datetime) -> str:
    """Return the provider's answer to `request_id` about its first person."""
    with tempfile.NamedTemporaryFile() as metadata:
        Path(metadata.name).write_bytes(build_metadata(profile))
        service = fetch_service(metadata.name)
    outgoing = sign_in(
        config,
        service,
        config.people[0],
        name_id=new_id(),
        session_index=new_id(),
        authenticated_at=now,
        in_response_to=request_id,
        relay_state="",
        now=now,
        level=profile.default_terms.level,
        wanted=service.sets.get("0") if profile.default_terms.attribute_set is not None else None,
    )
    return outgoing.fields["SAMLResponse"]


def bare(profile: Profile, provider: IdentityProvider) -> OneLogin_Saml2_Settings:
    """Return python3-saml's settings with every check of its own."""
    return OneLogin_Saml2_Settings(
        {
            "strict": True,
            "sp": {
                "entityId": profile.entity_id,
                "assertionConsumerService": {"url": profile.acs_url, "binding": HTTP_POST},
            },
            "idp": {
                "entityId": provider.entity_id,
                "singleSignOnService": {"url": next(iter(provider.sso.values()))},
                "x509certMulti": {"signing": list(provider.certificates)},
            },
            "security": {"wantAssertionsSigned": True, "rejectDeprecatedAlgorithm": True},
        }
    )


def alternated(tasks: Iterable[Callable[[], object]]) -> list[float]:
    """Return the median CPU milliseconds of each task, run in turn."""
    tasks = list(tasks)
    taken: list[list[float]] = [[] for _ in tasks]
    for _ in range(TIMES):
        for task, times in zip(tasks, taken, strict=True):
            begun = time.process_time()
            task()
            times.append((time.process_time() - begun) * 1000)
    return [statistics.median(times) for times in taken]


def measure(name: str, people: str, base_url: str, path: str) -> None:
    """Print the figures of one profile."""
    now = datetime.now(UTC).replace(microsecond=0)
    profile = load_profile(FOLDER / f"{name}.toml", BASE, is_default=name == "university")
    config = load_config(FOLDER / f"{people}.toml", base_url, provider=path)
    provider = read_provider(etree.fromstring(idp_metadata(config)), [])
    assert provider is not None
    terms = profile.default_terms
    waiting = PendingRequest(new_id(), provider.entity_id, now, terms.force, terms.level, terms.attribute_set)
    memory, posted, settings = Memory(waiting), answer(config, profile, waiting.id, now), bare(profile, provider)
    asked = {"https": "off", "http_host": "127.0.0.1:8000", "script_name": profile.acs_url.removeprefix(BASE)}

    def ours() -> None:
        read_response(
            profile, Providers(provider), posted, pending=memory, bound=[waiting.id], used=memory, now=datetime.now(UTC)
        )

    def theirs() -> None:
        OneLogin_Saml2_Response(settings, posted).is_valid(asked, waiting.id, raise_exceptions=True)

    def request(binding: str) -> None:
        authn_request(profile, provider, terms=terms, relay_state="relay", now=now, binding=binding)

    verified, library, redirect, post = alternated(
        [ours, theirs, lambda: request(HTTP_REDIRECT), lambda: request(HTTP_POST)]
    )
    print(f"{name}: request by redirect {redirect:.2f} ms, by post {post:.2f} ms of CPU")
    print(f"{name}: answer {verified:.2f} ms, bare python3-saml {library:.2f} ms: {verified / library:.2f} times")


def main() -> None:
    """Measure the university's profile and SPID's."""
    for case in CASES:
        measure(*case)


if __name__ == "__main__":
    main()
