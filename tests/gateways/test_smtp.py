"""Handing mails to a real SMTP server that accepts, refuses, stalls and hangs up."""

import socket
import ssl
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from servicedesk.gateways.smtp import Envelope, Fate, Mailer, Result
from servicedesk.settings import Mail
from tests.gateways.smtp_server import PostOffice, Server

CERTIFICATE = Path(__file__).with_name("localhost.pem")
CONTENT = b"Subject: x\r\n\r\nText\r\n.\r\nafter a lone dot\r\n"


def mailer(port: int, **values: object) -> Mailer:
    given = {"host": "127.0.0.1", "port": port, "sender": "Desk <desk@example.org>", "security": "none", "timeout": 1}
    return Mailer(Mail.model_validate({**given, **values}))


def envelopes(*names: str) -> list[Envelope]:
    return [Envelope(number, f"{name}@example.org", CONTENT) for number, name in enumerate(names, 1)]


def fates(results: Iterator[Result]) -> list[Fate]:
    return [result.fate for result in results]


def test_a_batch_goes_out_over_one_connection_with_its_bytes_unchanged(office: PostOffice, server: Server) -> None:
    assert fates(mailer(server.port).send(envelopes("anna", "bruno", "carla"))) == [Fate.SENT] * 3
    assert [address for address, _ in office.arrived] == ["anna@example.org", "bruno@example.org", "carla@example.org"]
    assert {content for _, content in office.arrived} == {CONTENT}
    assert (office.connections, set(office.senders)) == (1, {"desk@example.org"})


def test_one_refused_recipient_does_not_hold_up_the_others(office: PostOffice, server: Server) -> None:
    results = list(mailer(server.port).send(envelopes("busy", "nobody", "spam", "anna")))
    assert [result.fate for result in results] == [Fate.LATER, Fate.REFUSED, Fate.REFUSED, Fate.SENT]
    assert results[0].reason == "451 come back later"
    assert results[1].reason == "550 no such user"
    assert office.connections == 1


def test_a_server_that_stalls_is_left_after_the_timeout_and_the_rest_is_for_later(
    office: PostOffice, server: Server
) -> None:
    office.stalls = True
    started = time.monotonic()
    assert fates(mailer(server.port).send(envelopes("anna", "bruno", "carla"))) == [Fate.LATER] * 3
    assert time.monotonic() - started < 2.5
    assert office.connections == 1


def test_a_dropped_connection_is_opened_once_more_for_the_next_mail(office: PostOffice, server: Server) -> None:
    office.drops = True
    results = mailer(server.port).send(envelopes("anna", "bruno", "carla", "dora"))
    assert next(results).fate is Fate.LATER
    office.drops = False
    assert fates(results) == [Fate.SENT] * 3
    assert office.connections == 2


def test_a_server_that_keeps_hanging_up_is_left_alone_after_two_breaks(office: PostOffice, server: Server) -> None:
    office.drops = True
    assert fates(mailer(server.port).send(envelopes(*"abcde"))) == [Fate.LATER] * 5
    assert office.connections == 2


def test_where_nobody_listens_every_mail_is_for_later_with_the_reason() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        results = list(mailer(unused.getsockname()[1]).send(envelopes("anna", "bruno")))
    assert [result.fate for result in results] == [Fate.LATER] * 2
    assert "refused" in results[1].reason.lower()


def test_without_starttls_nothing_is_sent_in_clear(office: PostOffice, server: Server) -> None:
    results = list(mailer(server.port, security="starttls").send(envelopes("anna")))
    assert results[0].fate is Fate.LATER
    assert "STARTTLS" in results[0].reason
    assert office.arrived == []


@pytest.fixture(params=["starttls", "tls"])
def encrypted(request: pytest.FixtureRequest, office: PostOffice) -> Iterator[Mailer]:
    """A mailer for a server whose certificate is its own."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATE)
    options = {"tls_context": context} if request.param == "starttls" else {"ssl_context": context}
    server = Server(office, **options)
    server.start()
    yield mailer(server.port, security=request.param, host="localhost")
    server.stop()


def test_a_certificate_that_nobody_vouches_for_is_refused(office: PostOffice, encrypted: Mailer) -> None:
    results = list(encrypted.send(envelopes("anna")))
    assert (results[0].fate, office.arrived) == (Fate.LATER, [])
    assert "certificate verify failed" in results[0].reason


def test_mail_goes_out_encrypted_to_a_server_that_proves_who_it_is(
    office: PostOffice, encrypted: Mailer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(CERTIFICATE))
    assert fates(encrypted.send(envelopes("anna", "bruno"))) == [Fate.SENT] * 2
    assert len(office.arrived) == 2


def test_an_address_that_servers_do_not_take_is_refused_for_good(server: Server) -> None:
    results = list(mailer(server.port).send([Envelope(1, "perché@example.org", CONTENT)]))
    assert results[0].fate is Fate.REFUSED
