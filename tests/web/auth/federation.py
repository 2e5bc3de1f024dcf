"""A browser between the desk and real demo identity providers: the university's, two of SPID, one of CIE."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import Client, TestResponse

from saml.devidp import create_idp, create_site
from saml.devidp_config import load_config, load_site
from servicedesk.settings import ROOT, SamlProfile, Settings, load
from tests.web.conftest import browser as new_browser
from tests.web.conftest import csrf

PROFILES = ROOT / "config" / "saml"
UNIVERSITY_FILE, DIGITAL_FILE = PROFILES / "devidp.toml", PROFILES / "devidp-digital.toml"
UNIVERSITY = "http://localhost:8001"
SPID = "http://localhost:8002/spid/alfa"
OTHER_SPID = "http://localhost:8002/spid/brio"
CIE = "http://localhost:8002/cie"
PROFILE_OF = {UNIVERSITY: "university", SPID: "spid", OTHER_SPID: "spid", CIE: "cie"}


def with_all_providers(settings: Settings) -> Settings:
    """Return the settings with the demo's profiles: the university's is the default one, beside it SPID and CIE."""
    demo = load(ROOT / "config" / "demo.toml", {})
    return settings.model_copy(update={"saml": demo.saml, "records": demo.records})


def with_profile(settings: Settings, name: str, folder: Path, change: Callable[[str], str]) -> Settings:
    """Return the settings with the file of one profile changed."""
    source = PROFILES / f"{name}.toml"
    text = source.read_text(encoding="utf-8").replace('"demo/', f'"{PROFILES}/demo/')
    (folder / source.name).write_text(change(text), encoding="utf-8")

    def changed(profile: SamlProfile) -> SamlProfile:
        return profile.model_copy(update={"file": folder / source.name}) if profile.file == source else profile

    saml = settings.saml.model_copy(update={"profiles": tuple(map(changed, settings.saml.profiles))})
    return settings.model_copy(update={"saml": saml})


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


def host_of(address: str) -> str:
    """Return scheme, host and port of an address."""
    return "{0.scheme}://{0.netloc}".format(urlsplit(address))


def place_of(base: str, what: str) -> str:
    """Return our address for messages from and to this provider; the default profile's bears no name."""
    return f"/saml/{what}" if base == UNIVERSITY else f"/saml/{PROFILE_OF[base]}/{what}"


@dataclass
class Browser:
    """One browser: its cookies at the desk and at the hosts of the providers."""

    desk: FlaskClient
    providers: dict[str, Client]

    @classmethod
    def new(cls, app: Flask, idps: dict[str, Any]) -> "Browser":
        return cls(new_browser(app), {host: Client(idp) for host, idp in idps.items()})

    def at_provider(self, address: str, data: dict[str, str] | None = None) -> TestResponse:
        """Open an address of a provider, or post to it, following its redirects to itself."""
        host = host_of(address)
        path, method = address.removeprefix(host), "GET" if data is None else "POST"
        return self.providers[host].open(path, method=method, base_url=host, data=data, follow_redirects=True)

    def at_provider_once(self, address: str) -> TestResponse:
        """Open an address of a provider and return what it answers first."""
        host = host_of(address)
        return self.providers[host].get(address.removeprefix(host), base_url=host)

    def ask_logout(self, base: str) -> TestResponse:
        """Sign out at a provider and return its message to the desk."""
        host = host_of(base)
        return self.providers[host].post(f"{base.removeprefix(host)}/logout", base_url=host)

    def begin(self, base: str = UNIVERSITY, next_path: str = "/", service: str = "") -> TestResponse:
        """Start a sign-in and return the provider's page with the people to choose from."""
        query = {"idp": f"{base}/metadata", "next": next_path, **({"service": service} if service else {})}
        asked = self.desk.get(place_of(base, "login"), query_string=query)
        return self.follow(asked)

    def follow(self, asked: TestResponse) -> TestResponse:
        """Take the desk's message to the provider, by redirect or by the form that sends itself."""
        if asked.status_code == 302:
            return self.at_provider(asked.location)
        return self.at_provider(onward_form(asked), fields_of(asked))

    def choose(self, page: TestResponse, uid: str, base: str = UNIVERSITY, **form: str) -> dict[str, str]:
        """Choose a person (none: press Cancel, or what `form` says) and return the fields posted to the desk."""
        button = {"person": uid} if uid else form or {"cancel": "yes"}
        return fields_of(self.at_provider(f"{base}/login", {"asked": fields_of(page)["asked"], **button, **form}))

    def answer_for(self, uid: str, base: str = UNIVERSITY, next_path: str = "/", **form: str) -> dict[str, str]:
        """Return the answer of a whole sign-in at the provider, not posted yet; there one may be signed in already."""
        page = self.begin(base, next_path)
        return fields_of(page) if "SAMLResponse" in page.text else self.choose(page, uid, base, **form)

    def post_answer(self, fields: dict[str, str], base: str = UNIVERSITY) -> TestResponse:
        """Post the answer as careful browsers do: from another site without our cookies, then from our own page."""
        stranger, place = new_browser(self.desk.application), place_of(base, "acs")
        return self.desk.post(place, data=fields_of(stranger.post(place, data=fields), 403))

    def sign_in(self, uid: str, base: str = UNIVERSITY, next_path: str = "/", **form: str) -> TestResponse:
        """Sign in and return the desk's answer."""
        return self.post_answer(self.answer_for(uid, base, next_path, **form), base)

    def fail(self, number: int, base: str = SPID, next_path: str = "/") -> TestResponse:
        """Let the provider answer with one of the numbered errors and return the desk's answer."""
        page = self.begin(base, next_path)
        return self.post_answer(self.choose(page, "", base, fail="yes", anomaly=str(number)), base)

    def sign_out(self) -> TestResponse:
        """Press the button and return the page that leads on to the provider."""
        return self.desk.post("/logout", data={"csrf_token": csrf(self.desk, "/")})

    def is_signed_in(self) -> bool:
        """Whether the home page shows somebody's name."""
        return 'action="/logout"' in self.desk.get("/").text


def onward_form(page: TestResponse) -> str:
    """Return the address to which the form on a page sends itself."""
    found = re.search(r'<form method="post" action="([^"]+)" data-forward', page.text)
    assert found, page.text
    return unescape(found[1])


def make_idps(app: Flask, folder: Path) -> dict[str, Any]:
    """Return the providers by host; they know the desk by the metadata it publishes."""
    for profile in ("", "spid/", "cie/"):
        metadata = folder / "desk" / "saml" / f"{profile}metadata"
        metadata.parent.mkdir(parents=True, exist_ok=True)
        metadata.write_bytes(app.test_client().get(f"/saml/{profile}metadata").data)
    university = load_config(UNIVERSITY_FILE, UNIVERSITY, str(folder / "desk" / "saml" / "metadata"))
    digital = load_site(DIGITAL_FILE, host_of(SPID), str(folder / "desk"))
    return {UNIVERSITY: create_idp(university, "test"), host_of(SPID): create_site(digital, "test")}
