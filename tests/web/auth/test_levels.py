"""Services that ask for a stronger sign-in: the request asks for it, and a weaker session is led to it."""

from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from lxml import html
from werkzeug.test import TestResponse

from servicedesk.actions.sessions import AtProvider, start
from servicedesk.rules.identity import LOCAL
from servicedesk.store.models.people import LoginSession, Person
from servicedesk.store.models.system import SignInRequest
from servicedesk.store.models.tickets import Ticket
from tests.web.auth.federation import SPID, Browser, with_profile
from tests.web.conftest import page, post

pytestmark = pytest.mark.usefixtures("register")
LUCIA = "l.studente2"
WEAK, STRONG = "/catalogue/iscrizione-rinnovo-lettere", "/catalogue/portale-errori"
STRONG_FORM = "/tickets/new/portale-errori"


@pytest.fixture
def settings(settings, tmp_path):
    """SPID at level 1, but level 2 for the digital services."""
    terms = "\n[terms]\nlevel = 1\n[services.digitali]\nlevel = 2\n"
    return with_profile(settings, "spid", tmp_path, lambda text: text + terms)


def asked_level(desk) -> int:
    desk.rollback()
    return desk.scalars(sa.select(SignInRequest.level).order_by(SignInRequest.issued_at.desc())).first()


@pytest.mark.parametrize(
    ("next_path", "service", "level"),
    [
        ("/", "", 1),
        (WEAK, "", 1),
        (STRONG, "", 2),
        (f"{STRONG_FORM}?kept=x", "", 2),
        ("/tickets/2026000001", "", 1),
        ("/", "digitali", 2),
        ("/", "5b1f6a0e-7d0c-4c39-9a5e-2f4f7a1d8c63", 2),
        (STRONG, "studenti", 1),
        ("/", "no-such-service", 1),
        ("/catalogue/no-such-category", "", 1),
    ],
)
def test_the_level_asked_for_is_that_of_the_service(browser, desk, next_path, service, level):
    browser.begin(SPID, next_path, service)
    assert asked_level(desk) == level


def step_up(browser: Browser, refused: TestResponse) -> TestResponse:
    """Press the button of the page that asks for a stronger sign-in, and go all the way."""
    links = html.fromstring(refused.text).iter("a")
    onward = next(link.get("href") for link in links if link.get("href").startswith("/saml/spid/login"))
    choose = browser.follow(browser.desk.get(onward))
    return browser.post_answer(browser.choose(choose, LUCIA, SPID), SPID)


def test_a_session_too_weak_is_led_to_a_stronger_one_and_back(browser, desk):
    browser.sign_in(LUCIA, SPID, WEAK)
    assert browser.desk.get(WEAK).status_code == 200
    refused = browser.desk.get(f"{STRONG}?from=home")
    assert refused.status_code == 403 and "Digital Services asks for a stronger proof" in refused.text
    answer = step_up(browser, refused)
    assert answer.location == f"{STRONG}?from=home"
    assert browser.desk.get(answer.location).status_code == 200
    assert desk.scalars(sa.select(LoginSession.level).where(LoginSession.ended_at.is_(None))).one() == 2


def test_what_was_typed_survives_the_way_to_a_stronger_sign_in(browser, desk):
    browser.sign_in(LUCIA, SPID, STRONG)
    form = next(form for form in page(browser.desk, STRONG_FORM).forms if form.get("action") == STRONG_FORM)
    desk.execute(sa.update(LoginSession).values(level=1))
    desk.commit()
    refused = post(browser.desk, form, title="My account is locked")
    assert refused.status_code == 403
    assert "My account is locked" in browser.desk.get(step_up(browser, refused).location).text
    assert desk.scalar(sa.select(sa.func.count()).select_from(Ticket)) == 0


def test_the_universitys_sign_in_has_no_levels_and_is_let_through(browser):
    browser.sign_in(LUCIA, next_path=STRONG)
    assert browser.desk.get(STRONG).status_code == 200


@pytest.mark.parametrize(("level", "status"), [(1, 403), (2, 200)])
def test_an_account_of_the_desks_own_needs_its_second_step(browser, desk, settings, level, status):
    browser.sign_in(LUCIA, SPID, WEAK)
    now = datetime.now(UTC)
    person_id = desk.scalars(sa.select(Person.id)).one()
    token = start(desk, person_id, AtProvider(LOCAL, "1", level=level), now + timedelta(hours=1), now)
    desk.commit()
    browser.desk.set_cookie(settings.sessions.cookie, token)
    answer = browser.desk.get(STRONG)
    assert answer.status_code == status and ('href="/account/security"' in answer.text) == (status == 403)
    assert browser.desk.get(WEAK).status_code == 200


def test_a_visitor_is_sent_to_the_sign_in_page_as_before(app, idps):
    assert Browser.new(app, idps).desk.get(STRONG_FORM).location == f"/login?next={STRONG_FORM}"
