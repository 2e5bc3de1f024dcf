"""The attack suite against the running desk: nobody signed in, one log line, a page that shows nothing of the XML.

What is sent comes from tests/saml/attacks; here are also the attacks that need several browsers or workers.
"""

import logging
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from lxml import etree
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from saml.bindings import new_id, unpack_redirect
from servicedesk.settings import SamlProfile, Settings, Source
from servicedesk.store.models.people import LoginSession, Person
from servicedesk.web.inputs import BIGGEST_FORM
from tests.saml.attacks import addressing, ciphers, contents, documents, signatures, wrapping
from tests.saml.attacks.messages import entity, logout_request, query
from tests.saml.attacks.stage import (
    IDEM_ATTRIBUTES,
    IDP,
    LEVELS,
    SCOPE,
    SECRET,
    Attack,
    Facts,
    Scene,
    attributes_of,
    field_of,
    pair,
    put_signature,
    write_profile,
)
from tests.saml.edits import one
from tests.web.conftest import browser as new_browser

BASE = "http://127.0.0.1:8000"
OTHER, OTHER_SCOPE = "https://other.example/metadata", "other.example"
FEDERATIONS = ("spid-public", "idem")
CORPUS = {
    module.__name__.rpartition(".")[2]: module.ATTACKS
    for module in (wrapping, signatures, contents, addressing, ciphers, documents)
}
ELSEWHERE = [
    "https://evil.example/",
    "//evil.example/",
    "///evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "https:evil.example",
    "javascript:alert(1)",
    "\t//evil.example",
    "/%2f/evil.example",
    "https://127.0.0.1:8000@evil.example/",
]


@pytest.fixture
def settings(settings: Settings, tmp_path: Path) -> Settings:
    """A desk in SPID and in a university's federation, each with two providers that these tests speak for."""
    profiles = []
    for federation in FEDERATIONS:
        folder = tmp_path / federation
        folder.mkdir()
        sources = []
        for entity_id, whose, scope in ((IDP, "theirs", SCOPE), (OTHER, "stranger", OTHER_SCOPE)):
            path = folder / f"{whose}.xml"
            path.write_bytes(etree.tostring(described(entity(pair(whose), entity_id), scope)))
            sources.append(Source(path=path))
        profiles.append(SamlProfile(file=write_profile(folder, federation), sources=tuple(sources)))
    web = settings.web.model_copy(update={"sign_ins": "100000 per minute"})
    saml = settings.saml.model_copy(update={"profiles": tuple(profiles)})
    return settings.model_copy(update={"saml": saml, "web": web})


def described(provider: etree._Element, scope: str) -> etree._Element:
    """Return a provider's description with single logout and a scope."""
    role = one(provider, "md:IDPSSODescriptor")
    for binding in ("HTTP-POST", "HTTP-Redirect"):
        service = etree.Element("{urn:oasis:names:tc:SAML:2.0:metadata}SingleLogoutService")
        service.set("Binding", f"urn:oasis:names:tc:SAML:2.0:bindings:{binding}")
        service.set("Location", f"{provider.get('entityID')}/slo")
        one(role, "md:SingleSignOnService").addprevious(service)
    extensions = etree.Element("{urn:oasis:names:tc:SAML:2.0:metadata}Extensions")
    etree.SubElement(extensions, "{urn:mace:shibboleth:metadata:1.0}Scope").text = scope
    role.insert(0, extensions)
    return provider


def prefix(federation: str) -> str:
    """Return where the addresses of a federation begin; the first is the default one."""
    return "/saml" if federation == FEDERATIONS[0] else f"/saml/{federation}"


@dataclass
class Visit:
    """One browser on its way to sign in: the request it was sent off with, and what an answer is made from."""

    app: Flask
    federation: str = "idem"
    client: FlaskClient = field(init=False)
    relay_state: str = ""
    provider: str = IDP

    def __post_init__(self) -> None:
        self.client = new_browser(self.app)

    def begin(self, next_path: str = "/") -> Scene:
        """Go to the provider and return what it makes its answer from."""
        query = {"idp": self.provider, "next": next_path}
        asked = self.client.get(f"{prefix(self.federation)}/login", query_string=query)
        received = unpack_redirect(asked.location.partition("?")[2])
        self.relay_state = received.relay_state
        return Scene(
            Facts(
                request_id=received.root.get("ID", ""),
                acs_url=f"{BASE}{prefix(self.federation)}/acs",
                audience=one(received.root, "saml:Issuer").text or "",
                attributes=attributes_of(self.federation),
                issuer=self.provider,
                now=datetime.now(UTC).replace(microsecond=0),
                class_ref=LEVELS[1],
            )
        )

    def post(self, content: etree._Element | bytes | str, relay_state: str | None = None) -> TestResponse:
        """Post an answer in this browser."""
        relay_state = self.relay_state if relay_state is None else relay_state
        data = {"SAMLResponse": field_of(content), "RelayState": relay_state, "again": "1"}
        return self.client.post(f"{prefix(self.federation)}/acs", data=data)

    def is_signed_in(self) -> bool:
        """Whether the home page offers to sign out."""
        return 'action="/logout"' in self.client.get("/").text


def running(desk: Session) -> int:
    """Return how many sessions run."""
    desk.rollback()
    query = sa.select(sa.func.count()).select_from(LoginSession).where(LoginSession.ended_at.is_(None))
    return desk.scalar(query) or 0


def what_is_wrong(answer: TestResponse, codes: Sequence[str] | frozenset[str], logged: Sequence[str]) -> str:
    """Return what a refusal lacks: its status, its reason, one log line, and silence about the XML."""
    words = (SECRET, "saml:", "samlp", "<Assertion", "xmlns", "_assertion", "Traceback")
    refusals = [line for line in logged if "sign-in refused" in line]
    if answer.status_code != 403 or answer.location:
        return f"status {answer.status_code}"
    if not any(f"({code})" in answer.text for code in codes):
        return "another reason"
    if len(refusals) != 1 or "\n" in refusals[0]:
        return f"{len(refusals)} log lines"
    if any(SECRET in line or "STDLCU" in line for line in logged):
        return "a value in the log"
    return next((f"{word!r} on the page" for word in words if word in answer.text), "")


@pytest.mark.parametrize("kind", CORPUS)
def test_every_attack_is_refused_by_the_desk(kind: str, app: Flask, desk: Session, caplog) -> None:
    wrong = {}
    for attack in CORPUS[kind]:
        caplog.clear()
        visit = Visit(app, attack.federation)
        with caplog.at_level(logging.INFO):
            answer = visit.post(attack.make(visit.begin()))
        found = what_is_wrong(answer, attack.codes, [record.getMessage() for record in caplog.records])
        if found or visit.is_signed_in():
            wrong[attack.name] = found or "signed in"
    assert wrong == {}
    assert running(desk) == 0
    assert desk.scalar(sa.select(sa.func.count()).select_from(Person)) == 0


@pytest.mark.parametrize("federation", FEDERATIONS)
def test_the_right_answer_signs_in(app: Flask, desk: Session, federation: str) -> None:
    visit = Visit(app, federation)
    assert visit.post(visit.begin().signed()).status_code == 303
    assert visit.is_signed_in() and running(desk) == 1


@pytest.fixture
def refused(desk: Session, caplog):
    """Assert that something is refused for this reason, by one log line, and that no session begins."""

    def check(post, code: str) -> None:
        caplog.clear()
        before = running(desk)
        with caplog.at_level(logging.INFO):
            answer = post()
        assert what_is_wrong(answer, [code], [record.getMessage() for record in caplog.records]) == ""
        assert running(desk) == before

    return check


@pytest.mark.both_databases
def test_an_answer_is_refused_the_second_time_in_the_same_browser_and_in_another(app: Flask, refused) -> None:
    visit, thief = Visit(app), Visit(app)
    content = field_of(visit.begin().signed())
    assert visit.post(content).status_code == 303
    later = at_worker(app, visit)
    refused(lambda: later.post(content), "replay")
    refused(lambda: thief.post(content), "replay")
    thief.begin()
    refused(lambda: thief.post(content), "replay")


def test_an_answer_stolen_before_it_was_used_is_refused_and_still_serves_its_owner(app: Flask, refused) -> None:
    visit, thief = Visit(app), Visit(app)
    content = field_of(visit.begin().signed())
    thief.begin()
    refused(lambda: thief.post(content), "other-browser")
    assert visit.post(content).status_code == 303


def test_nobody_is_signed_in_as_whoever_wants_them_to_be(app: Flask, refused) -> None:
    attacker, victim = Visit(app), Visit(app)
    content = field_of(attacker.begin().signed())
    victim.begin()
    refused(lambda: victim.post(content, attacker.relay_state), "other-browser")
    assert not victim.is_signed_in()


def test_one_worker_refuses_what_another_has_taken(app: Flask, another: Callable[[], Flask], refused) -> None:
    visit = Visit(app)
    content = field_of(visit.begin().signed())
    elsewhere = at_worker(another(), visit)
    assert elsewhere.post(content).status_code == 303
    here = at_worker(app, visit)
    refused(lambda: here.post(content), "replay")


def at_worker(app: Flask, visit: Visit) -> Visit:
    """Return the same browser, which by chance comes to another worker."""
    other = Visit(app, visit.federation, relay_state=visit.relay_state)
    secret = visit.client.get_cookie("servicedesk_pending", path="/saml")
    assert secret is not None
    other.client.set_cookie("servicedesk_pending", secret.value, path="/saml")
    return other


@pytest.mark.both_databases
def test_a_restart_forgets_no_answer_and_no_assertion(app: Flask, another: Callable[[], Flask], refused) -> None:
    visit = Visit(app)
    content = field_of(visit.begin().signed())
    assert visit.post(content).status_code == 303
    after = at_worker(another(), visit)
    refused(lambda: after.post(content), "replay")
    again = after.begin().signed()
    refused(lambda: after.post(again), "replay")


@pytest.mark.concurrency
def test_of_two_workers_with_the_same_answer_at_once_one_signs_in(
    app: Flask, another: Callable[[], Flask], desk
) -> None:
    visit = Visit(app)
    content = field_of(visit.begin().signed())
    both = [at_worker(another(), visit) for _ in range(2)]
    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(lambda each: each.post(content), both))
    assert sorted(answer.status_code for answer in answers) == [303, 403]
    assert running(desk) == 1


def test_an_answer_belongs_to_the_federation_that_was_asked(app: Flask, refused) -> None:
    visit = Visit(app, "idem")
    content = field_of(visit.begin().signed())
    visit.federation = "spid-public"
    refused(lambda: visit.post(content), "no-request")


def test_a_provider_cannot_answer_for_another(app: Flask, refused) -> None:
    visit = Visit(app)
    scene = visit.begin()
    refused(lambda: visit.post(scene.signed(keys=scene.stranger)), "bad-signature")
    as_other = replace(scene, facts=replace(scene.facts, issuer=OTHER))
    refused(lambda: visit.post(as_other.signed(keys=scene.stranger)), "wrong-issuer")


def test_a_provider_of_another_university_cannot_sign_in_as_anybody_of_this_one(app: Flask, desk: Session) -> None:
    victim, attacker = Visit(app), Visit(app, provider=OTHER)
    assert victim.post(victim.begin().signed()).status_code == 303
    scene = attacker.begin()
    principal = next(iter(IDEM_ATTRIBUTES))
    facts = replace(scene.facts, attributes={**IDEM_ATTRIBUTES, principal: f"l.studente2@{OTHER_SCOPE}"})
    answer = attacker.post(replace(scene, facts=facts).signed(keys=scene.stranger))
    assert answer.status_code == 303
    people = desk.scalars(sa.select(LoginSession.person_id)).all()
    assert len(people) == len(set(people)) == 2


def test_a_sign_in_asked_at_a_higher_level_is_not_answered_at_a_lower(app: Flask, refused) -> None:
    visit = Visit(app, "spid-public")
    scene = visit.begin()
    low = replace(scene, facts=replace(scene.facts, class_ref=LEVELS[0]))
    refused(lambda: visit.post(low.signed()), "wrong-context")


@pytest.mark.parametrize("elsewhere", ELSEWHERE)
def test_nobody_is_led_to_another_site(app: Flask, elsewhere: str) -> None:
    for relay_state, next_path in ((elsewhere, "/"), (None, elsewhere)):
        visit = Visit(app)
        root = visit.begin(next_path).facts.document()
        one(root, "saml:Assertion").set("ID", new_id())
        put_signature(one(root, "saml:Assertion"), pair("theirs"))
        answer = visit.post(root, relay_state)
        assert answer.status_code == 303
        query = parse_qs(urlsplit(answer.location).query)
        assert all(is_of_this_site(address) for address in (answer.location, *query.get("next", [])))


def is_of_this_site(address: str) -> bool:
    """Whether a browser on the desk stays there with this address."""
    return address.startswith("/") and address[1:2] not in ("/", "\\") and address.isprintable()


@pytest.mark.parametrize("size", [100_000, 400_000, 3_000_000, 20_000_000])
def test_junk_of_any_size_is_refused_by_one_log_line(app: Flask, desk: Session, size: int, caplog) -> None:
    visit = Visit(app)
    visit.begin()
    with caplog.at_level(logging.INFO):
        status = visit.post("A" * size).status_code
    (line,) = [each.getMessage() for each in caplog.records if "refused" in each.getMessage()]
    assert (status, line[:15]) == ((413, "refused unread:") if size > BIGGEST_FORM else (403, "sign-in refused"))
    assert running(desk) == 0


@pytest.fixture
def signed_in(app: Flask) -> Visit:
    """Somebody signed in through the first provider."""
    visit = Visit(app)
    assert visit.post(visit.begin().signed()).status_code == 303
    return visit


def asked_to_leave(issuer: str) -> etree._Element:
    """Return an unsigned request of a provider to end the session that `signed_in` has."""
    return logout_request(f"{BASE}/saml/idem/slo", issuer, datetime.now(UTC) - timedelta(seconds=1))


def post_logout(app: Flask, root: etree._Element) -> TestResponse:
    """Post a logout request from anywhere."""
    return new_browser(app).post("/saml/idem/slo", data={"SAMLRequest": field_of(root)})


def test_an_unsigned_logout_ends_no_session_by_either_binding(app: Flask, signed_in: Visit, refused) -> None:
    root = asked_to_leave(IDP)
    asked = query(root, None)
    refused(lambda: post_logout(app, root), "unsigned")
    refused(lambda: new_browser(app).get(f"/saml/idem/slo?{asked}"), "unsigned")
    assert signed_in.is_signed_in()


def test_a_logout_in_the_name_of_a_provider_by_anybody_else_ends_no_session(app: Flask, signed_in, refused) -> None:
    for whose in ("stranger", "ours"):
        root = asked_to_leave(IDP)
        asked = query(root, pair(whose))
        put_signature(root, pair(whose))
        refused(lambda root=root: post_logout(app, root), "bad-signature")
        refused(lambda asked=asked: new_browser(app).get(f"/saml/idem/slo?{asked}"), "bad-signature")
    assert signed_in.is_signed_in()


def test_a_provider_ends_no_session_of_another_though_it_names_it(app: Flask, signed_in: Visit, desk) -> None:
    root = asked_to_leave(OTHER)
    put_signature(root, pair("stranger"))
    assert post_logout(app, root).status_code == 200
    assert signed_in.is_signed_in() and running(desk) == 1


def test_the_provider_itself_ends_the_session(app: Flask, signed_in: Visit, desk) -> None:
    root = asked_to_leave(IDP)
    put_signature(root, pair("theirs"))
    assert post_logout(app, root).status_code == 200
    assert not signed_in.is_signed_in() and running(desk) == 0


def test_every_attack_of_the_corpus_is_for_a_federation_of_this_desk() -> None:
    attacks: list[Attack] = [attack for each in CORPUS.values() for attack in each]
    assert len(attacks) > 200 and {attack.federation for attack in attacks} <= set(FEDERATIONS)
