"""The session on each request: it expires, and its use is written down now and then, after the answer."""

from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from servicedesk.store.models.people import LoginSession
from tests.web.auth.federation import UNIVERSITY

pytestmark = pytest.mark.usefixtures("register")
LUCIA = "l.studente2"


def set_session(desk, **values) -> None:
    desk.execute(sa.update(LoginSession).values(**values))
    desk.commit()


def last_seen(desk) -> datetime:
    desk.rollback()
    return desk.scalars(sa.select(LoginSession.last_seen)).one()


@pytest.mark.parametrize(
    ("hours_ago", "ends_in", "good"), [(2.9, 1, True), (3.1, 1, False), (0, -0.01, False), (0, 0.01, True)]
)
def test_a_session_ends_by_age_or_by_idleness(browser, desk, hours_ago, ends_in, good):
    browser.sign_in(LUCIA)
    now = datetime.now(UTC)
    set_session(desk, last_seen=now - timedelta(hours=hours_ago), expires_at=now + timedelta(hours=ends_in))
    assert browser.is_signed_in() is good


def test_a_page_asked_for_without_a_session_leads_to_the_sign_in_page_and_back(browser, desk):
    answer = browser.desk.get("/tickets?list=closed")
    assert answer.status_code == 303 and answer.location == "/login?next=/tickets?list%3Dclosed"
    page = browser.desk.get(answer.location)
    assert "next=/tickets?list%3Dclosed" in page.text


def test_use_is_written_at_most_every_five_minutes(browser, desk):
    browser.sign_in(LUCIA)
    recent = datetime.now(UTC) - timedelta(minutes=4)
    set_session(desk, last_seen=recent)
    browser.desk.get("/").close()
    assert last_seen(desk) == recent
    set_session(desk, last_seen=datetime.now(UTC) - timedelta(minutes=6))
    browser.desk.get("/").close()
    assert datetime.now(UTC) - last_seen(desk) < timedelta(minutes=1)


def test_the_session_ends_no_later_than_the_provider_allows(browser, desk, settings):
    browser.sign_in(LUCIA)
    started, ends = desk.execute(sa.select(LoginSession.started_at, LoginSession.expires_at)).one()
    assert timedelta(0) < ends - started <= timedelta(hours=settings.sessions.hours)


def test_a_cookie_of_a_neighbour_on_the_same_host_does_not_sign_out(browser):
    browser.sign_in(LUCIA)
    browser.desk.set_cookie("remember_token", "1|somebody-elses")
    assert browser.is_signed_in()


def test_over_https_the_cookies_are_secure_and_the_pending_one_follows_from_another_site(settings):
    from servicedesk.app import create_app

    site = settings.site.model_copy(update={"base_url": "https://desk.example.org"})
    app = create_app(settings.model_copy(update={"site": site}))
    answer = app.test_client().get(f"/saml/login?idp={UNIVERSITY}/metadata", base_url="https://desk.example.org")
    pending = answer.headers["Set-Cookie"]
    assert pending.startswith("servicedesk_pending=")
    assert {"Secure", "HttpOnly", "SameSite=None", "Path=/saml"} <= set(pending.split("; "))
    assert app.config["SESSION_COOKIE_SECURE"]


def test_a_way_too_long_to_keep_leads_home(browser):
    assert browser.sign_in(LUCIA, next_path="/catalogue?q=" + "x" * 3000).location == "/"
