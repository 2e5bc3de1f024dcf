"""A small real identity provider for the demo and the tests: `python -m saml.devidp`; it refuses to start outside them.

It speaks HTTP-Redirect and HTTP-POST, verifies every message against the service's metadata and signs every answer.
Whoever visits may be anybody it knows, hence the refusal.
"""

import argparse
import os
import secrets
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeVar
from urllib.parse import urlsplit

import waitress
from werkzeug import Request, Response
from werkzeug.utils import redirect

from saml import devidp_answers as answers
from saml import devidp_pages as pages
from saml.bindings import Outgoing, Received, unpack_post, unpack_redirect, verify
from saml.checks import check_destination, check_issued, check_issuer, check_root
from saml.devidp_config import IdpConfig, Person, ServiceProvider, fetch_service, load_config
from saml.errors import ConfigurationError, SamlError
from saml.logout import MESSAGE_LIFETIME
from saml.names import AUTHN_FAILED, BINDINGS, HTTP_REDIRECT, NO_PASSIVE
from saml.safexml import find, refuse_invalid, text_of

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

T = TypeVar("T")
MODES: Final = ("demo", "test")
COOKIE: Final = "servicedesk_devidp"
ASKED_LIFETIME: Final = timedelta(minutes=30)
SKEW: Final = timedelta(minutes=1)


@dataclass(frozen=True)
class Asked:
    """A verified request to sign somebody in, waiting for a person to be chosen."""

    request_id: str
    service: ServiceProvider
    relay_state: str
    forced: bool
    passive: bool
    at: datetime


@dataclass(frozen=True)
class Session:
    """Somebody signed in here."""

    person: Person
    name_id: str
    index: str
    authenticated_at: datetime


def system_clock() -> datetime:
    """Return the current instant."""
    return datetime.now(UTC)


def create_idp(config: IdpConfig, mode: str, clock: Callable[[], datetime] = system_clock) -> "DemoProvider":
    """Return the provider as a WSGI application; ValueError unless `mode` is demo or test."""
    if mode not in MODES:
        raise ValueError("The demo identity provider starts only where SERVICEDESK_MODE is demo or test.")
    return DemoProvider(config, clock)


class DemoProvider:
    """The WSGI application; what it remembers lives as long as the process."""

    def __init__(self, config: IdpConfig, clock: Callable[[], datetime]) -> None:
        self.config = config
        self.clock = clock
        # Cookies are shared by the ports of a host, and a demo runs two providers on one.
        self.cookie = f"{COOKIE}_{urlsplit(config.base_url).port}"
        self.asked: dict[str, Asked] = {}
        self.sessions: dict[str, Session] = {}
        self.routes: dict[tuple[str, str], Callable[[Request], Response]] = {
            ("GET", "/"): self.home,
            ("GET", "/metadata"): self.metadata,
            ("GET", "/style.css"): lambda _: Response(pages.STYLE, mimetype="text/css"),
            ("GET", "/forward.js"): lambda _: Response(pages.SCRIPT, mimetype="text/javascript"),
            ("GET", "/sso"): self.sso,
            ("POST", "/sso"): self.sso,
            ("GET", "/login"): self.login,
            ("POST", "/login"): self.choose,
            ("POST", "/logout"): self.logout,
            ("GET", "/slo"): self.slo,
            ("POST", "/slo"): self.slo,
        }

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        """Answer one HTTP request."""
        return self.answer(Request(environ))(environ, start_response)

    def answer(self, request: Request) -> Response:
        """Return the response of the view; a refused message becomes a page that says why."""
        view = self.routes.get((request.method, request.path))
        if view is None:
            return self.show(pages.failed_page(self.config, language(request), request.path), status=404)
        try:
            return view(request)
        except SamlError as error:
            return self.show(pages.failed_page(self.config, language(request), str(error)), status=400)

    def home(self, request: Request) -> Response:
        """Show who is signed in."""
        session = self.session(request)
        return self.show(pages.home_page(self.config, language(request), session.person if session else None))

    def metadata(self, request: Request) -> Response:
        """Give the provider's metadata."""
        return Response(answers.idp_metadata(self.config), mimetype="application/samlmetadata+xml")

    def sso(self, request: Request) -> Response:
        """Take a request to sign in; go on by GET, because a posted one comes without our cookie."""
        received = receive(request)
        service = self.verified(received, "AuthnRequest", self.config.sso_url)
        root = received.root
        asked = Asked(
            request_id=root.get("ID", ""),
            service=service,
            relay_state=received.relay_state,
            forced=root.get("ForceAuthn") in ("true", "1"),
            passive=root.get("IsPassive") in ("true", "1"),
            at=self.clock(),
        )
        forget(self.asked, lambda each: each.at <= self.clock() - ASKED_LIFETIME)
        token = secrets.token_urlsafe(16)
        self.asked[token] = asked
        return redirect(f"/login?asked={token}", 303)

    def login(self, request: Request) -> Response:
        """Answer at once for somebody signed in; otherwise let a person be chosen."""
        token = request.args.get("asked", "")
        if token not in self.asked:
            return redirect("/")
        asked, session = self.asked[token], self.session(request)
        if session and not asked.forced:
            return self.sign_in(request, self.asked.pop(token), session)
        if asked.passive:
            return self.refuse(request, self.asked.pop(token), NO_PASSIVE)
        return self.show(pages.choose_page(self.config, language(request), asked.service, token))

    def choose(self, request: Request) -> Response:
        """Sign in the person chosen, or tell the service that the person cancelled."""
        person = self.config.person(request.form.get("person", ""))
        asked = self.asked.pop(request.form.get("asked", ""), None)
        if asked is None:
            return redirect("/")
        if person is None:
            return self.refuse(request, asked, AUTHN_FAILED)
        session = Session(person, "_" + secrets.token_hex(16), "_" + secrets.token_hex(16), self.clock())
        self.sessions.pop(request.cookies.get(self.cookie, ""), None)
        key = secrets.token_urlsafe(24)
        self.sessions[key] = session
        response = self.sign_in(request, asked, session)
        response.set_cookie(self.cookie, key, httponly=True, samesite="Lax", path="/")
        return response

    def sign_in(self, request: Request, asked: Asked, session: Session) -> Response:
        """Post a Response about the session's person to the service."""
        outgoing = answers.sign_in(
            self.config,
            asked.service,
            session.person,
            name_id=session.name_id,
            session_index=session.index,
            authenticated_at=session.authenticated_at,
            in_response_to=asked.request_id,
            relay_state=asked.relay_state,
            now=self.clock(),
        )
        return self.forward(request, outgoing)

    def refuse(self, request: Request, asked: Asked, status: str) -> Response:
        """Post a Response without assertion to the service."""
        outgoing = answers.refusal(
            self.config,
            asked.service,
            status,
            in_response_to=asked.request_id,
            relay_state=asked.relay_state,
            now=self.clock(),
        )
        return self.forward(request, outgoing)

    def logout(self, request: Request) -> Response:
        """End the session here and ask the service to end its own."""
        session = self.sessions.pop(request.cookies.get(self.cookie, ""), None)
        if session is None:
            return redirect("/", 303)
        service = fetch_service(self.config.sp_metadata)
        binding = next(each for each in BINDINGS if each in service.slo)
        outgoing = answers.logout_request(
            self.config, service, session.name_id, session.index, binding, now=self.clock()
        )
        return self.forward(request, outgoing)

    def slo(self, request: Request) -> Response:
        """Take a logout: the service's request, which is obeyed and answered, or its answer to ours."""
        received = receive(request)
        if received.kind == "SAMLResponse":
            self.verified(received, "LogoutResponse", self.config.slo_url)
            return self.show(pages.signed_out_page(self.config, language(request)))
        service = self.verified(received, "LogoutRequest", self.config.slo_url)
        name_ids = {text_of(node) for node in find(received.root, "saml:NameID")}
        forget(self.sessions, lambda each: each.name_id in name_ids)
        outgoing = answers.logout_response(
            self.config, service, received.binding, received.root.get("ID", ""), received.relay_state, self.clock()
        )
        return self.forward(request, outgoing)

    def verified(self, received: Received, kind: str, url: str) -> ServiceProvider:
        """Return the service that sent the message; SamlError when it is not well formed, fresh, for us, or signed."""
        service = fetch_service(self.config.sp_metadata)
        check_root(received.root, kind)
        check_destination(received.root, url)
        check_issuer(received.root, service.entity_id)
        verify(received, service.certificates, self.config)
        refuse_invalid(received.root)
        check_issued(received.root, self.clock() - MESSAGE_LIFETIME, self.clock(), SKEW)
        return service

    def session(self, request: Request) -> Session | None:
        """Return the visitor's session, if any is still running."""
        session = self.sessions.get(request.cookies.get(self.cookie, ""))
        running = session and self.clock() < session.authenticated_at + answers.SESSION
        return session if running else None

    def forward(self, request: Request, outgoing: Outgoing) -> Response:
        """Send a message on through the browser."""
        if outgoing.binding == HTTP_REDIRECT:
            return redirect(outgoing.url)
        return self.show(pages.forward_page(self.config, language(request), outgoing), form_target=outgoing.url)

    def show(self, html: str, *, status: int = 200, form_target: str = "") -> Response:
        """Return a page with its security headers."""
        headers = {
            "Content-Security-Policy": pages.content_policy(form_target),
            "Cache-Control": "no-store",
            "X-Content-Type-Options": "nosniff",
        }
        return Response(html, status, headers, mimetype="text/html")


def forget(memory: dict[str, T], over: Callable[[T], bool]) -> None:
    """Drop what is over, one by one: other threads may be adding at the same time."""
    for key, each in list(memory.items()):
        if over(each):
            memory.pop(key, None)


def receive(request: Request) -> Received:
    """Return the SAML message in an HTTP request."""
    if request.method == "POST":
        return unpack_post(request.form)
    return unpack_redirect(request.query_string.decode("latin-1"))


def language(request: Request) -> str:
    """Return the visitor's language among those of the pages."""
    return request.accept_languages.best_match(list(pages.TEXTS), default="it")


def main(arguments: list[str]) -> int:
    """Serve until interrupted; return the exit status, 2 with one sentence when it cannot start."""
    parser = argparse.ArgumentParser(prog="python -m saml.devidp", description="The demo identity provider.")
    parser.add_argument("--config", type=Path, required=True)
    parser.add_argument("--host", default="localhost")
    parser.add_argument("--port", type=int, default=8001)
    parser.add_argument("--sp-metadata", default="", help="file or web address, instead of the one in the file")
    parser.add_argument("--alias", default="", help="another name for the provider, from the file's table alias")
    options = parser.parse_args(arguments)
    try:
        base_url = f"http://{options.host}:{options.port}"
        config = load_config(options.config, base_url, options.sp_metadata, options.alias)
        application = create_idp(config, os.environ.get("SERVICEDESK_MODE", ""))
        waitress.serve(application, host=options.host, port=options.port, ipv6=False, ident=None, _quiet=True)
    except (ConfigurationError, ValueError) as error:
        print(error, file=sys.stderr)
        return 2
    except OSError as error:
        print(f"The demo identity provider cannot listen on {options.host}:{options.port}: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
