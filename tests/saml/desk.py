"""A minimal service on the saml package, and the browser between it and the demo identity provider."""

import base64
import re
from collections.abc import Collection
from dataclasses import replace
from datetime import UTC, datetime
from html import unescape
from pathlib import Path
from urllib.parse import urlsplit

from lxml import etree
from werkzeug.test import Client, TestResponse

from saml.bindings import Outgoing, Received, unpack_post, unpack_redirect
from saml.devidp import DemoProvider, create_idp
from saml.devidp_answers import idp_metadata
from saml.devidp_config import IdpConfig, ServiceProvider, fetch_service, load_config
from saml.metadata import build_metadata
from saml.names import HTTP_REDIRECT
from saml.profile import Profile, Terms, load_profile
from saml.registry import IdentityProvider, Registry
from saml.requests import authn_request
from saml.responses import PendingRequest, SignIn, read_response
from tests.saml.attacks.stage import Pending, Used

CONFIG = Path(__file__).parents[2] / "config" / "saml"
NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
BASE = "http://127.0.0.1:8000"
IDP_BASE = "http://localhost:8001"
DIGITAL_BASE = "http://localhost:8002"


class Desk:
    """The service provider and the demo provider with one clock, and a browser at the provider."""

    def __init__(self, folder: Path, profile: str = "university", provider: str = "/") -> None:
        """A desk with one profile and one provider, by its path: the university's, or one of those of SPID and CIE."""
        self.now = NOW
        self.profile: Profile = load_profile(CONFIG / f"{profile}.toml", BASE, is_default=profile == "university")
        metadata = folder / "sp.xml"
        metadata.write_bytes(build_metadata(self.profile))
        file, self.idp_base = ("devidp.toml", IDP_BASE) if provider == "/" else ("devidp-digital.toml", DIGITAL_BASE)
        self.config: IdpConfig = load_config(CONFIG / file, self.idp_base, str(metadata), provider)
        (folder / "idp.xml").write_bytes(idp_metadata(self.config))
        self.registry = Registry.load([folder / "idp.xml"])
        self.idp: DemoProvider = create_idp(self.config, "test", lambda: self.now)
        self.browser = Client(self.idp)
        self.pending, self.used = Pending(), Used()

    @property
    def provider(self) -> IdentityProvider:
        return self.registry.get(self.config.entity_id)

    @property
    def service(self) -> ServiceProvider:
        return fetch_service(self.config.sp_metadata)

    def ask(
        self,
        binding: str = HTTP_REDIRECT,
        *,
        relay_state: str = "token",
        force: bool = False,
        terms: Terms | None = None,
    ) -> Outgoing:
        """Start a sign-in on the profile's terms (or others) and remember its request."""
        terms = terms or self.profile.default_terms
        terms = replace(terms, force=terms.force or force)
        outgoing = authn_request(
            self.profile, self.provider, terms=terms, relay_state=relay_state, now=self.now, binding=binding
        )
        request = PendingRequest(
            outgoing.message_id, self.provider.entity_id, self.now, terms.force, terms.level, terms.attribute_set
        )
        self.pending.requests[request.id] = request
        return outgoing

    def carry(self, outgoing: Outgoing) -> TestResponse:
        """Bring a message to the provider as a browser does, following its redirects to itself."""
        path = outgoing.url.removeprefix(self.idp_base)
        if outgoing.binding == HTTP_REDIRECT:
            return self.browser.get(path, base_url=self.idp_base, follow_redirects=True)
        return self.browser.post(path, base_url=self.idp_base, data=dict(outgoing.fields), follow_redirects=True)

    def choose(self, page: TestResponse, uid: str, **others: int | str) -> TestResponse:
        """Press a person's button on the sign-in page; an empty `uid` presses Cancel. `others` are fields filled in."""
        button = {"person": uid} if uid else {"cancel": "yes"}
        data = {"asked": form_fields(page)["asked"], **button, **others}
        return self.browser.post(f"{self.config.path}/login", base_url=self.idp_base, data=data)

    def answer_for(self, uid: str, outgoing: Outgoing | None = None, **others: int | str) -> dict[str, str]:
        """Return the fields that the provider posts after `uid` was chosen."""
        return form_fields(self.choose(self.carry(outgoing or self.ask()), uid, **others))

    def read(self, saml_response: str, bound: Collection[str] | None = None) -> SignIn:
        """Read an answer in the browser that holds every pending request (or `bound`)."""
        return read_response(
            self.profile,
            self.registry,
            saml_response,
            pending=self.pending,
            bound=list(self.pending.requests) if bound is None else bound,
            used=self.used,
            now=self.now,
        )


def form_fields(page: TestResponse) -> dict[str, str]:
    """Return the hidden fields of a page."""
    assert page.status_code == 200, page.text
    found = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', page.text)
    return {name: unescape(value) for name, value in found}


def form_target(page: TestResponse) -> str:
    """Return where the page's form goes."""
    found = re.search(r'<form method="post" action="([^"]+)"', page.text)
    assert found
    return unescape(found[1])


def received_from(page: TestResponse) -> Received:
    """Return the message that a page of the provider (or its redirect) brings to the service."""
    if page.status_code == 302:
        return unpack_redirect(urlsplit(page.location).query)
    return unpack_post(form_fields(page))


def document(saml_response: str) -> etree._Element:
    """Return the document in a base64 field."""
    return etree.fromstring(base64.b64decode(saml_response))


def encoded(root: etree._Element) -> str:
    """Return a document as a base64 field."""
    return base64.b64encode(etree.tostring(root)).decode()
