"""The whole desk for a browser: pages, jobs, real identity providers on another site, a real SMTP server."""

import email
import email.policy
import shutil
import tomllib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path
from threading import Thread, current_thread
from typing import TYPE_CHECKING, Any
from weakref import WeakSet

from flask import Flask
from sqlalchemy.orm import Session
from werkzeug.serving import make_server

from saml.devidp import create_site
from saml.devidp_answers import site_metadata
from saml.devidp_config import IdpConfig, load_site
from servicedesk import jobs, turns
from servicedesk.actions import people, register, roles
from servicedesk.gateways import register_file
from servicedesk.rules.identity import fiscal_hash
from servicedesk.rules.permissions import Role
from servicedesk.settings import ROOT, SamlProfile, Settings, Source, load
from servicedesk.store.base import writing
from tests.applications import make_app
from tests.gateways.smtp_server import PostOffice, Server
from tests.web.conftest import publish

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

SECONDS = 20
"""Until an answer underway counts as stuck."""


@dataclass
class World:
    """A running desk. `now` moves only for the jobs: the browser lives in the present."""

    settings: Settings
    address: str
    provider: str
    office: PostOffice
    context: turns.JobContext
    app: Flask
    seen: int = field(default=0)

    def run(self, name: str, now: datetime | None = None) -> str:
        """Run a job as if it were `now`."""
        return jobs.run_job(self.context, name, now)

    def mails(self, now: datetime | None = None) -> list[tuple[str, EmailMessage]]:
        """Deliver what is waiting, and return what arrived since the last look."""
        self.run("deliver_mail", now)
        new = self.office.arrived[self.seen :]
        self.seen = len(self.office.arrived)
        return [(to, _message(content)) for to, content in new]

    def mail_to(self, recipient: str, now: datetime | None = None) -> tuple[str, str]:
        """Return subject and text of the newest mail to an address among those that now arrive."""
        found = [message for to, message in self.mails(now) if to == recipient]
        assert found, f"no mail to {recipient}"
        body = found[-1].get_body(("plain",))
        assert body is not None
        return str(found[-1]["subject"]), body.get_content()

    def session(self) -> Session:
        """Return a session on the desk's database."""
        return self.context.sessions()


def _message(content: bytes) -> EmailMessage:
    message = email.message_from_bytes(content, policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    return message


@contextmanager
def running(database_url: str, folder: Path, binding: str = "", demanding: str = "") -> Iterator[World]:
    """Start everything over one database, and stop all of it at the end.

    `binding` (redirect, post) is how every request to sign in is sent, instead of what each profile says; `demanding`
    is the key of a service that asks for level 3 of those who come with SPID.
    """
    with ExitStack() as stack:
        office = PostOffice()
        smtp = Server(office)
        smtp.start()
        stack.callback(smtp.stop)
        desk_server, desk_port = _server(stack, "127.0.0.1")
        address = f"http://127.0.0.1:{desk_port}"
        university = _providers(stack, "devidp.toml", address)
        providers = (*university, *_providers(stack, "devidp-digital.toml", address))
        settings = _settings(database_url, folder, address, smtp.port, _profiles(folder, providers, binding, demanding))
        context = jobs.make_context(settings)
        stack.callback(lambda: context.sessions.kw["bind"].dispose())
        _people(context.sessions, settings)
        app = make_app(settings)
        desk_server.app = underway = Underway(app)
        yield World(settings, address, university[0].base_url, office, context, app)
        desk_server.shutdown()
        underway.wait()
        _dispose(app)


class Underway:
    """A WSGI application that knows the threads which answer, and which need the database to their end.

    That an answer's `close` was called says less: the server leaves it out when a browser went away early.
    """

    def __init__(self, app: Flask) -> None:
        self.app = app
        self.threads: WeakSet[Thread] = WeakSet()

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        self.threads.add(current_thread())
        return self.app(environ, start_response)

    def wait(self) -> None:
        """Return when none is underway: a connection ends with its answer."""
        for thread in tuple(self.threads):
            thread.join(SECONDS)
            assert not thread.is_alive(), "an answer never ended"


def _server(stack: ExitStack, host: str) -> tuple[Any, int]:
    """A listening server whose application is given later, so that its port is known first."""
    server = make_server(host, 0, lambda _environ, _start: [], threaded=True)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    stack.callback(server.server_close)
    stack.callback(thread.join)
    stack.callback(server.shutdown)
    return server, server.port


def _providers(stack: ExitStack, file: str, address: str) -> tuple[IdpConfig, ...]:
    """The identity providers of one file at work on a port of their own, for the desk at `address`."""
    server, port = _server(stack, "localhost")
    providers = load_site(ROOT / "config/saml" / file, f"http://localhost:{port}", address)
    server.app = create_site(providers, "test")
    return providers


def _profiles(folder: Path, providers: Sequence[IdpConfig], binding: str, demanding: str) -> tuple[SamlProfile, ...]:
    """The demo's profiles, the university's first, with the metadata of the running providers."""
    shutil.copytree(ROOT / "config/saml/demo", folder / "demo")
    above = f'request_binding = "{binding}"\n' if binding else ""
    below = {"spid": f"\n[services.{demanding}]\nlevel = 3\n"} if demanding else {}
    return tuple(
        _profile(folder, name, providers, above, below.get(name, "")) for name in ("university", "spid", "cie")
    )


def _profile(folder: Path, name: str, providers: Sequence[IdpConfig], above: str, below: str) -> SamlProfile:
    file = folder / f"{name}.toml"
    file.write_text(above + (ROOT / "config/saml" / file.name).read_text(encoding="utf-8") + below, encoding="utf-8")
    metadata = folder / f"{name}.xml"
    metadata.write_bytes(site_metadata([each for each in providers if each.federation == name]))
    return SamlProfile(file=file, sources=(Source(path=metadata),))


def _settings(url: str, folder: Path, address: str, smtp_port: int, profiles: tuple[SamlProfile, ...]) -> Settings:
    base = load(
        ROOT / "config" / "test.toml",
        {
            "SERVICEDESK_DATABASE__URL": url,
            "SERVICEDESK_STORAGE__FOLDER": str(folder / "attachments"),
            "SERVICEDESK_DEMO__MAILBOX": str(folder / "mailbox"),
            "SERVICEDESK_SITE__BASE_URL": address,
            "SERVICEDESK_MAIL__PORT": str(smtp_port),
            "SERVICEDESK_WEB__GUESSES": "1000 per minute",
            "SERVICEDESK_WEB__SUBMISSIONS": "1000 per minute",
            "SERVICEDESK_RECORDS__LOG_KEY": "k" * 40,
        },
    )
    return base.model_copy(update={"saml": base.saml.model_copy(update={"profiles": profiles})})


def _dispose(app: Flask) -> None:
    from servicedesk.web.db import db

    with app.app_context():
        db.engine.dispose()


def _people(sessions: Any, settings: Settings) -> None:
    """Bring in the shipped catalogue, the student register and the demo's staff, by the real actions."""
    now = datetime.now(UTC)
    found = register_file.read(ROOT / "config/demo/students.csv", settings.identity_key)
    staff = tomllib.loads((ROOT / "config/demo/staff.toml").read_text(encoding="utf-8"))["person"]
    with sessions() as session, writing(session):
        publish(session)
        register.import_batch(session, found.rows, now)
        for row in staff:
            hashed = fiscal_hash(settings.identity_key, row["fiscal_code"])
            who = people.Staff(row["code"], hashed, row["given_name"], row["family_name"], row["email"])
            person = people.add_staff(session, who, "test", now)
            for role, codes in ((Role.TECHNICIAN, row["technician_of"]), (Role.SUPERVISOR, row["supervisor_of"])):
                for code in codes:
                    roles.grant(
                        session, person, roles.make_grant(session, role, code), row.get("areas", ()), "test", now
                    )
            if row["administrator"]:
                roles.grant(session, person, roles.make_grant(session, Role.ADMINISTRATOR), (), "test", now)
