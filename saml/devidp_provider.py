"""One demo identity provider: its pages, the messages it takes, and the sessions it keeps in memory."""

import secrets
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final, TypeVar
from urllib.parse import urlsplit

from werkzeug import Request, Response
from werkzeug.utils import redirect

from saml import devidp_answers as answers
from saml import devidp_pages as pages
from saml.bindings import Outgoing, Received, new_id, unpack_post, unpack_redirect, verify
from saml.checks import check_destination, check_issued, check_issuer, check_root
from saml.devidp_config import IdpConfig, ServiceProvider, fetch_service
from saml.devidp_federations import ANOMALIES, CANCELLED
from saml.devidp_people import Person
from saml.devidp_requests import Asked, read_request
from saml.errors import SamlError
from saml.logout import MESSAGE_LIFETIME
from saml.names import AUTHN_FAILED, BINDINGS, HTTP_REDIRECT, NO_PASSIVE, RESPONDER
from saml.safexml import find, refuse_invalid, text_of

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

T = TypeVar("T")
COOKIE: Final = "servicedesk_devidp"
ASKED_LIFETIME: Final = timedelta(minutes=30)
SKEW: Final = timedelta(minutes=1)
REMEMBERED: Final = 1
"""The highest level at which a session is kept; above it SPID wants the person to sign in each time."""


@dataclass(frozen=True)
class Session:
    """Somebody signed in here; `level` 0 is a sign-in that stated none."""

    person: Person
    name_id: str
    index: str
    level: int
    authenticated_at: datetime


class DemoProvider:
    """The WSGI application; what it remembers lives as long as the process."""

    def __init__(self, config: IdpConfig, clock: Callable[[], datetime]) -> None:
        self.config = config
        self.clock = clock
        # Cookies are shared by the ports of a host, and a demo runs providers on two of them.
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

    def place(self, path: str) -> str:
        """Return one of this provider's own paths as a browser needs it."""
        return self.config.path + path

    def answer(self, request: Request) -> Response:
        """Return the response of the view; a refused message becomes a page that says why."""
        view = self.routes.get((request.method, request.path.removeprefix(self.config.path) or "/"))
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
        asked = read_request(received, service, self.config.manner, self.clock())
        forget(self.asked, lambda each: each.at <= self.clock() - ASKED_LIFETIME)
        token = secrets.token_urlsafe(16)
        self.asked[token] = asked
        return redirect(self.place(f"/login?asked={token}"), 303)

    def login(self, request: Request) -> Response:
        """Answer at once for somebody signed in at a level that does; otherwise let a person be chosen."""
        token = request.args.get("asked", "")
        if token not in self.asked:
            return redirect(self.place("/"))
        asked, session = self.asked[token], self.session(request)
        if session and not asked.forced and session.level in asked.levels:
            return self.sign_in(request, self.asked.pop(token), session)
        if asked.passive:
            return self.refuse(request, self.asked.pop(token), (RESPONDER, NO_PASSIVE))
        return self.show(pages.choose_page(self.config, language(request), asked, token))

    def choose(self, request: Request) -> Response:
        """Sign in the person chosen, or tell the service what went wrong instead."""
        asked = self.asked.pop(request.form.get("asked", ""), None)
        if asked is None:
            return redirect(self.place("/"))
        person = self.config.person(request.form.get("person", ""))
        if person is None:
            return self.fail(request, asked)
        self.sessions.pop(request.cookies.get(self.cookie, ""), None)
        level = chosen_level(request, asked)
        session = Session(person, new_id(), new_id() if level <= REMEMBERED else "", level, self.clock())
        response = self.sign_in(request, asked, session)
        if session.index:
            key = secrets.token_urlsafe(24)
            self.sessions[key] = session
            response.set_cookie(self.cookie, key, httponly=True, samesite="Lax", path=self.place("/"))
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
            level=session.level,
            wanted=asked.wanted,
        )
        return self.forward(request, outgoing)

    def fail(self, request: Request, asked: Asked) -> Response:
        """Answer with the error chosen, or that the person cancelled."""
        if not self.config.manner.strict:
            return self.refuse(request, asked, (RESPONDER, AUTHN_FAILED))
        number = request.form.get("anomaly", type=int) if "fail" in request.form else CANCELLED
        anomaly = ANOMALIES.get(number or CANCELLED, ANOMALIES[CANCELLED])
        return self.refuse(request, asked, anomaly.statuses, anomaly.message)

    def refuse(self, request: Request, asked: Asked, statuses: Iterable[str], text: str = "") -> Response:
        """Post a Response without assertion to the service."""
        outgoing = answers.refusal(
            self.config,
            asked.service,
            *statuses,
            in_response_to=asked.request_id,
            relay_state=asked.relay_state,
            now=self.clock(),
            text=text,
        )
        return self.forward(request, outgoing)

    def logout(self, request: Request) -> Response:
        """End the session here and ask the service to end its own."""
        session = self.sessions.pop(request.cookies.get(self.cookie, ""), None)
        if session is None:
            return redirect(self.place("/"), 303)
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
        by_name = self.config.manner.strict and received.root.get("Destination") == self.config.entity_id
        check_destination(received.root, self.config.entity_id if by_name else url)
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


def chosen_level(request: Request, asked: Asked) -> int:
    """Return the level chosen on the page where it would do, else the weakest that does."""
    chosen = request.form.get("level", type=int)
    return chosen if chosen in asked.levels else asked.levels[0]


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
