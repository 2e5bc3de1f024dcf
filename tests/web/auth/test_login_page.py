"""The sign-in page offers the providers that exist, help to those who cannot sign in, and both languages."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from servicedesk.actions import sessions
from servicedesk.settings import ROOT, Settings, load
from servicedesk.store.models.accounts import LocalAccount
from servicedesk.store.models.people import Person
from servicedesk.web.db import db
from tests.web.auth.entrance import with_federations
from tests.web.conftest import PROVIDER, page, send
from tests.web.conftest import browser as new_browser

HELP = "/RichiesteEsterne/SelezioneCategoria?ServiceId=ae929822-c377-4964-bfb2-61bd6947fb4a"
OURS, POSTE, NEW = "https://idp.unidemo.example", "https://posteid.poste.it", "https://spid.newcomer.example"
CARD = "https://cie.example"
UNIVERSITY = {OURS: "Example University"}
SPID = {POSTE: "Poste Italiane SpA", NEW: "Newcomer"}
ALL = {"university": UNIVERSITY, "spid": SPID, "cie": {CARD: "Ministero dell'Interno"}}


@contextmanager
def desk_with(settings: Settings, folder: Path, named: Mapping[str, Mapping[str, str]]) -> Iterator[FlaskClient]:
    from servicedesk.app import create_app

    app = create_app(with_federations(settings, folder, named))
    yield new_browser(app)
    with app.app_context():
        db.engine.dispose()


@pytest.fixture
def settings(database_url: str) -> Settings:
    """The test settings; SPID and CIE want a key for the log of their sign-ins."""
    environ = {"SERVICEDESK_DATABASE__URL": database_url, "SERVICEDESK_RECORDS__LOG_KEY": "k" * 40}
    return load(ROOT / "config" / "test.toml", environ)


@pytest.fixture
def visitor(settings: Settings, tmp_path: Path) -> Iterator[FlaskClient]:
    """Somebody before the sign-in page of a desk with three federations."""
    with desk_with(settings, tmp_path, ALL) as client:
        yield client


def links(client: FlaskClient, path: str) -> dict[str, str]:
    """Return the links by their words; of a logo its alternative text counts."""
    found = {}
    for link in page(client, path).iter("a"):
        words = [*link.xpath(".//img/@alt"), link.text_content()]
        found[" ".join(" ".join(words).split())] = link.get("href")
    return found


def somebody(session: Session) -> Person:
    person = Person(
        given_name="Elena", family_name="Scriventi", email="e@example.org", created_at=datetime.now(UTC), locale="it"
    )
    session.add(person)
    session.flush()
    return person


def tabs(client: FlaskClient, path: str = "/login") -> list[tuple[str, bool]]:
    shown = page(client, path).xpath("//nav[contains(@class, 'desk-tabs')]//a")
    return [(link.text_content().strip(), link.get("aria-current") == "page") for link in shown]


def test_the_university_comes_first_and_keeps_the_way(visitor):
    found = links(visitor, "/login?next=/tickets")
    assert found["Sign in: Example University"] == f"/saml/login?idp={OURS}&next=/tickets"
    assert found["Can't sign in?"] == found["Need help?"] == HELP
    assert tabs(visitor) == [("UNIVERSITY", True), ("SPID", False), ("CIE", False)]


def test_the_spid_tab_lists_its_providers_and_explains_spid(visitor):
    found = links(visitor, "/login?next=/tickets&tab=spid")
    assert found["Poste ID"] == f"/saml/spid/login?idp={POSTE}&next=/tickets"
    assert found["Newcomer"] == f"/saml/spid/login?idp={NEW}&next=/tickets"
    assert found["More information"].startswith("https://www.spid.gov.it/")
    assert found["You have no SPID?"].startswith("https://www.spid.gov.it/")
    assert found["Need help?"] == HELP


def test_a_spid_provider_shows_its_logo_from_this_site_or_its_name(visitor):
    shown = page(visitor, "/login?tab=spid").xpath("//ul[@class='auth-providers']/li/a")
    by_name = {"".join(link.xpath(".//img/@alt")) or link.text_content().strip(): link for link in shown}
    logo = by_name["Poste ID"].xpath(".//img/@src")[0]
    assert logo.startswith("/static/vendor/spid-smart-button/logos/posteid.svg?")
    with visitor.get(logo) as answer:
        assert answer.mimetype == "image/svg+xml"
    assert not by_name["Newcomer"].xpath(".//img")


def test_spid_providers_change_places_from_one_visit_to_the_next(visitor):
    orders = {
        tuple(page(visitor, "/login?tab=spid").xpath("//ul[@class='auth-providers']/li/a/@href")) for _ in range(40)
    }
    assert len(orders) == 2


def test_the_list_of_spid_providers_opens_without_javascript(visitor):
    summary = page(visitor, "/login?tab=spid").xpath("//details/summary[contains(@class, 'auth-official')]")
    assert [each.text_content().strip() for each in summary] == ["Enter with SPID"]


def test_a_single_provider_is_behind_the_official_button_itself(visitor):
    assert (
        links(visitor, "/login?tab=cie&next=/tickets")["Enter with CIE"] == f"/saml/cie/login?idp={CARD}&next=/tickets"
    )
    assert not page(visitor, "/login?tab=cie").xpath("//details[contains(@class, 'auth-choice')]")


@pytest.mark.parametrize(("tab", "theirs"), [("university", {OURS}), ("spid", {POSTE, NEW}), ("cie", {CARD})])
def test_a_tab_shows_the_providers_of_its_own_federation_alone(visitor, tab, theirs):
    found = [url for url in links(visitor, f"/login?tab={tab}").values() if "/saml/" in url]
    assert {url.partition("idp=")[2].partition("&")[0] for url in found} == theirs


def test_with_one_federation_there_are_no_tabs(settings, tmp_path):
    with desk_with(settings, tmp_path, {"university": UNIVERSITY}) as client:
        assert tabs(client) == []
        assert "Sign in: Example University" in links(client, "/login?tab=spid")


def test_spid_may_be_the_only_and_default_federation(settings, tmp_path):
    with desk_with(settings, tmp_path, {"spid": SPID}) as client:
        assert links(client, "/login")["Poste ID"] == f"/saml/login?idp={POSTE}&next=/"


def test_the_language_can_be_changed_before_signing_in(visitor):
    assert links(visitor, "/login?next=/tickets")["Italiano"].startswith("/language/it?next=/login")


def test_another_site_is_never_kept_as_the_way(visitor):
    found = links(visitor, "/login?next=//evil.example/")
    assert found["Sign in: Example University"] == f"/saml/login?idp={OURS}&next=/"


def test_an_unknown_tab_shows_the_first(visitor):
    assert "Sign in: Example University" in links(visitor, "/login?tab=unknown")


def test_whoever_is_signed_in_goes_straight_on(visitor, settings):
    now = datetime.now(UTC)
    with visitor.application.app_context(), Session(db.engine) as session:
        token = sessions.start(session, somebody(session).id, PROVIDER, now + timedelta(hours=1), now)
        session.commit()
    visitor.set_cookie(settings.sessions.cookie, token)
    answer = visitor.get("/login?next=/tickets")
    assert (answer.status_code, answer.location) == (303, "/tickets")


def test_the_page_asks_nothing_of_any_other_site(visitor):
    shown = page(visitor, "/login?tab=spid")
    loaded = shown.xpath("//@src | //link/@href | //form/@action | //@hx-get")
    assert loaded
    assert all(url.startswith("/") and not url.startswith("//") for url in loaded)


MANY = {f"https://idp{number}.example": f"Ateneo di Prova {number}" for number in range(90)}


@pytest.fixture
def crowd(settings: Settings, tmp_path: Path) -> Iterator[FlaskClient]:
    """Somebody before a desk whose federation has more providers than anybody would read."""
    with desk_with(settings, tmp_path, {"university": MANY}) as client:
        yield client


def test_many_providers_are_searched_and_not_listed(crowd):
    assert not [url for url in links(crowd, "/login").values() if "/saml/" in url]
    found = links(crowd, "/login?q=prova+77&next=/tickets")
    assert found["Ateneo di Prova 77 idp77.example"] == "/saml/login?idp=https://idp77.example&next=/tickets"
    assert len([url for url in found.values() if "/saml/" in url]) == 1


def test_the_search_keeps_tab_and_way_without_javascript(crowd):
    form = page(crowd, "/login?next=/tickets").xpath("//form[@role='search']")[0]
    assert (form.get("method").upper(), form.get("action")) == ("GET", "/login")
    assert {"tab": "university", "next": "/tickets"}.items() <= dict(form.form_values()).items()


def test_a_search_that_finds_too_much_says_so_and_one_that_finds_nothing_too(crowd):
    assert "There are more" in crowd.get("/login?q=ateneo").text
    assert "Nothing fits “qwertyuiop”" in crowd.get("/login?q=qwertyuiop").text


def test_what_is_searched_for_is_shown_as_text(crowd):
    assert "<script>alert" not in crowd.get("/login?q=<script>alert(1)</script>").text


def last_time(client: FlaskClient, path: str = "/login") -> list[str]:
    return page(client, path).xpath("//section[@class='auth-last']//a/@href")


def choose(client: FlaskClient, path: str) -> None:
    assert client.get(path).status_code in (200, 302)


def test_nothing_is_remembered_before_a_way_was_taken(visitor):
    visitor.get("/login?tab=spid")
    assert visitor.get_cookie("servicedesk_way") is None
    assert last_time(visitor) == []


def test_the_way_taken_last_time_is_offered_first_and_opens_its_tab(visitor):
    choose(visitor, f"/saml/spid/login?idp={POSTE}")
    assert last_time(visitor, "/login?next=/tickets") == [f"/saml/spid/login?idp={POSTE}&next=/tickets"]
    assert ("SPID", True) in tabs(visitor)
    assert ("UNIVERSITY", True) in tabs(visitor, "/login?tab=university")


def test_the_cookie_holds_the_way_and_nothing_of_the_person(visitor):
    choose(visitor, f"/saml/spid/login?idp={POSTE}")
    cookie = visitor.get_cookie("servicedesk_way")
    assert cookie.decoded_value == f"spid {POSTE}"
    assert (cookie.http_only, cookie.same_site) == (True, "Lax")


def test_the_last_way_can_be_forgotten(visitor):
    choose(visitor, f"/saml/spid/login?idp={POSTE}")
    answer = send(visitor, "/login?next=/tickets", "/login/forget")
    assert (answer.status_code, answer.location) == (303, "/login?next=/tickets")
    assert last_time(visitor) == []
    assert visitor.get_cookie("servicedesk_way") is None


def test_forgetting_needs_the_token_of_our_own_form(visitor):
    choose(visitor, f"/saml/spid/login?idp={POSTE}")
    visitor.post("/login/forget")
    assert visitor.get_cookie("servicedesk_way") is not None


@pytest.mark.parametrize(
    "value", ["", " ", "spid", f"university {POSTE}", f"gone {POSTE}", "spid https://gone.example", 'spid "><script>']
)
def test_a_way_that_no_longer_leads_in_is_not_offered(visitor, value):
    visitor.set_cookie("servicedesk_way", value)
    assert last_time(visitor) == []


def test_with_one_provider_nobody_is_reminded_of_it(settings, tmp_path):
    with desk_with(settings, tmp_path, {"university": UNIVERSITY}) as client:
        choose(client, f"/saml/login?idp={OURS}")
        assert last_time(client) == []


def test_external_people_find_their_account_and_where_to_register(visitor):
    found = links(visitor, "/login?next=/tickets")
    assert found["Sign in here"] == "/account/sign-in?next=/tickets"
    assert found["Register"] == "/account/register?next=/tickets"


def test_where_nobody_may_register_only_those_who_once_did_find_their_way_in(settings, tmp_path):
    closed = settings.model_copy(update={"accounts": settings.accounts.model_copy(update={"registration": False})})
    with desk_with(closed, tmp_path, ALL) as client:
        assert not {"Sign in here", "Register"} & set(links(client, "/login"))
        with client.application.app_context(), Session(db.engine) as session:
            person = somebody(session)
            now = person.created_at
            session.add(LocalAccount(person_id=person.id, address="e@example.org", created_at=now, changed_at=now))
            session.commit()
        found = links(client, "/login")
        assert found["Sign in here"] == "/account/sign-in"
        assert "Register" not in found
