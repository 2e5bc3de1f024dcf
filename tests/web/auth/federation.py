"""A browser between the desk and two real demo identity providers: the university's, and one that plays SPID."""

import re
from dataclasses import dataclass
from html import unescape
from pathlib import Path
from urllib.parse import urlsplit

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import Client, TestResponse

from saml.devidp import create_idp
from saml.devidp_answers import idp_metadata
from saml.devidp_config import load_config
from servicedesk.settings import ROOT, SamlProfile, Settings, Source
from tests.web.conftest import browser as new_browser
from tests.web.conftest import csrf

CONFIG = ROOT / "config" / "saml" / "devidp.toml"
UNIVERSITY = "http://localhost:8001"
SPID = "http://localhost:8002"
NAMES = {UNIVERSITY: "university.xml", SPID: "spid.xml"}


def with_both_providers(settings: Settings, folder: Path) -> Settings:
    """Return the settings with the metadata of both providers."""
    for base, name in NAMES.items():
        (folder / name).write_bytes(idp_metadata(load_config(CONFIG, base)))
    profile = settings.saml.profiles[0]
    profiles = tuple(SamlProfile(file=profile.file, sources=(Source(path=folder / name),)) for name in NAMES.values())
    return settings.model_copy(update={"saml": settings.saml.model_copy(update={"profiles": profiles})})


def fields_of(page: TestResponse, status: int = 200) -> dict[str, str]:
    """Return the hidden fields of the form that sends itself on a page."""
    assert page.status_code == status, page.text
    form = re.search(r"<main.*</main>", page.text, re.DOTALL)
    found = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', form[0] if form else page.text)
    return {name: unescape(value) for name, value in found}


def onward(page: TestResponse) -> str:
    """Return the address to which a page leads by itself."""
    found = re.search(r'http-equiv="refresh" content="0; url=([^"]+)"', page.text)
    assert found, page.text
    return unescape(found[1])


@dataclass
class Browser:
    """One browser: its cookies at the desk and at each provider."""

    desk: FlaskClient
    providers: dict[str, Client]

    @classmethod
    def new(cls, app: Flask, idps: dict[str, object]) -> "Browser":
        return cls(new_browser(app), {base: Client(idp) for base, idp in idps.items()})

    def at_provider(self, address: str) -> TestResponse:
        """Open an address of a provider, following its redirects to itself."""
        base = "{0.scheme}://{0.netloc}".format(urlsplit(address))
        return self.providers[base].get(address.removeprefix(base), base_url=base, follow_redirects=True)

    def begin(self, base: str = UNIVERSITY, next_path: str = "/") -> TestResponse:
        """Start a sign-in and return the provider's page with the people to choose from."""
        asked = self.desk.get("/saml/login", query_string={"idp": f"{base}/metadata", "next": next_path})
        assert asked.status_code == 302, asked.text
        return self.at_provider(asked.location)

    def choose(self, page: TestResponse, uid: str, base: str = UNIVERSITY) -> dict[str, str]:
        """Choose a person (none: press Cancel) and return the fields the provider posts to the desk."""
        button = {"person": uid} if uid else {"cancel": "yes"}
        data = {"asked": fields_of(page)["asked"], **button}
        return fields_of(self.providers[base].post("/login", base_url=base, data=data))

    def answer_for(self, uid: str, base: str = UNIVERSITY, next_path: str = "/") -> dict[str, str]:
        """Return the answer of a whole sign-in at the provider, not posted yet; there one may be signed in already."""
        page = self.begin(base, next_path)
        return fields_of(page) if "SAMLResponse" in page.text else self.choose(page, uid, base)

    def post_answer(self, fields: dict[str, str]) -> TestResponse:
        """Post the answer as careful browsers do: from another site without our cookies, then from our own page."""
        stranger = new_browser(self.desk.application)
        return self.desk.post("/saml/acs", data=fields_of(stranger.post("/saml/acs", data=fields), 403))

    def sign_in(self, uid: str, base: str = UNIVERSITY, next_path: str = "/") -> TestResponse:
        """Sign in and return the desk's answer."""
        return self.post_answer(self.answer_for(uid, base, next_path))

    def sign_out(self) -> TestResponse:
        """Press the button and return the page that leads on to the provider."""
        return self.desk.post("/logout", data={"csrf_token": csrf(self.desk, "/")})

    def is_signed_in(self) -> bool:
        """Whether the home page shows somebody's name."""
        return 'action="/logout"' in self.desk.get("/").text


def make_idps(app: Flask, folder: Path) -> dict[str, object]:
    """Return both providers, which know the desk by the metadata it publishes."""
    metadata = folder / "desk.xml"
    metadata.write_bytes(app.test_client().get("/saml/metadata").data)
    return {base: create_idp(load_config(CONFIG, base, str(metadata)), "test") for base in NAMES}
