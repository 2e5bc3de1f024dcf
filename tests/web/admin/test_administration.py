"""Administration: what runs, who works where, failed mails, jobs, and reading a ticket for a reason."""

from datetime import UTC, date, datetime, timedelta

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from lxml import html
from sqlalchemy.orm import Session

from servicedesk.rules.outcomes import counted
from servicedesk.store import leases
from servicedesk.store.models.notices import Notice
from servicedesk.store.models.people import Person
from servicedesk.store.models.system import AccessLog, CatalogueVersion, JobLease
from servicedesk.store.models.tickets import Ticket
from servicedesk.web import labels
from tests import factories
from tests.web.conftest import SignIn, page, publish

OTHER_SERVICE = "5b1f6a0e-7d0c-4c39-9a5e-2f4f7a1d8c63"
PAGES = (
    "/admin",
    "/admin/catalogue",
    "/admin/people",
    "/admin/groups",
    "/admin/rules",
    "/admin/planned-changes",
    "/admin/levels",
    "/admin/calendars",
    "/admin/counters",
    "/admin/announcements",
    "/admin/texts",
    "/admin/texts/pages",
    "/admin/look",
    "/admin/mails",
    "/admin/sign-ins",
    "/admin/federation",
    "/admin/retention",
    "/admin/privacy",
    "/admin/audit",
    "/admin/access",
    "/admin/readings",
)
REASON = "The requester complained by phone."


@pytest.fixture
def admin(desk: Session) -> Person:
    """An administrator of every service."""
    made = factories.administrator(desk, given_name="Ada", family_name="Capo")
    desk.commit()
    return made


@pytest.fixture
def signed_in(client: FlaskClient, admin: Person, sign_in: SignIn) -> FlaskClient:
    """The administrator's browser."""
    sign_in(client, admin.id)
    return client


@pytest.fixture
def ticket(desk: Session) -> Ticket:
    """A ticket the administrator has no part in."""
    factories.technician(desk, "STAGE")
    made = factories.ticket(desk, key="stage-curriculare", title="A private matter")
    desk.commit()
    return made


def ask(client: FlaskClient, number: str, reason: str = REASON, **typed: str) -> html.HtmlElement | str:
    """Send the form; return the page shown again, or the address it leads to."""
    form = page(client, "/admin/access").xpath("//form[@action='/admin/access']")[0]
    fields = {**dict(form.form_values()), "number": number, "reason": reason, **typed}
    answer = client.post("/admin/access", data=fields)
    return answer.location if answer.status_code == 303 else html.fromstring(answer.text)


@pytest.mark.parametrize("path", PAGES)
def test_only_administrators_get_in(client: FlaskClient, desk: Session, sign_in: SignIn, path: str) -> None:
    worker = factories.technician(desk, "STAGE")
    desk.commit()
    sign_in(client, worker.id)
    page(client, path, 403)


def test_every_page_of_administration_is_reached_from_the_first(signed_in: FlaskClient) -> None:
    areas = page(signed_in, "/admin").xpath("//nav[@aria-label='Administration']//a/@href")
    found = {
        link for area in areas for link in page(signed_in, area).xpath("//nav[contains(@class, 'desk-tabs')]//a/@href")
    }
    assert set(PAGES) <= found


def test_groups_without_anybody_are_warned_of_until_somebody_works_there(signed_in: FlaskClient, desk: Session) -> None:
    assert "Group 'RETI' has no technician" in page(signed_in, "/admin").text_content()
    factories.technician(desk, "RETI")
    desk.commit()
    assert "Group 'RETI' has no technician" not in page(signed_in, "/admin").text_content()


def test_members_are_listed_with_their_absences(signed_in: FlaskClient, desk: Session) -> None:
    away = factories.technician(desk, "RETI", given_name="Far", family_name="Away")
    factories.absence(desk, away, date.today() - timedelta(days=2), date.today() + timedelta(days=2))
    factories.absence(desk, away, date(2020, 1, 1), date(2020, 1, 5))
    factories.supervisor(desk, "RETI", given_name="Lea", family_name="Leader")
    desk.commit()
    shown = page(signed_in, "/admin/groups")
    words = " ".join(shown.text_content().split())
    assert f"{away.code} Far Away away today" in words
    assert "2020" not in words
    assert "Lea Leader supervisor" in words


def test_versions_show_what_each_changed(signed_in: FlaskClient, desk: Session) -> None:
    publish(desk, 2)
    version = desk.get(CatalogueVersion, 2)
    assert version is not None
    version.difference = {"changes": [["category", "stage-curriculare", "changed", ["group"]]]}
    version.applied_by = "command:rossi"
    desk.commit()
    shown = page(signed_in, "/admin/catalogue/versions")
    newest = " ".join(shown.xpath("//section[@aria-labelledby='version-2']")[0].text_content().split())
    assert "Version 2 (runs now)" in newest
    assert "command:rossi" in newest
    assert "changed: Category stage-curriculare (group)" in newest


def test_failed_mails_say_to_whom_and_why(signed_in: FlaskClient, desk: Session, ticket: Ticket) -> None:
    assert "No failed mail" in page(signed_in, "/admin/mails").text_content()
    notice = desk.scalars(sa.select(Notice).where(Notice.ticket_id == ticket.id)).first()
    assert notice is not None
    notice.state, notice.last_error, notice.attempts = "failed", "550 no such mailbox", 12
    desk.commit()
    row = page(signed_in, "/admin/mails").xpath("//tbody/tr")[0].text_content()
    for fact in (ticket.number, notice.address, labels.mail(notice.template), "550 no such mailbox", "12"):
        assert fact in row
    assert "1 mail could not be delivered." in page(signed_in, "/admin").text_content()


def test_jobs_that_stand_still_are_warned_of_until_one_starts(signed_in: FlaskClient, desk: Session) -> None:
    assert "The jobs stand still" in page(signed_in, "/admin").text_content()
    leases.take(desk, "expire", "somewhere", hold=10, every=None)
    desk.commit()
    shown = page(signed_in, "/admin").text_content()
    assert "The jobs stand still" not in shown
    assert "closes requests that nobody answered in time" in shown
    started = datetime.now(UTC) - timedelta(minutes=16)
    desk.execute(sa.update(JobLease).values(last_started_at=started))
    desk.commit()
    assert "The jobs stand still" in page(signed_in, "/admin").text_content()


def test_administrators_are_listed_with_what_they_administer(signed_in: FlaskClient, desk: Session) -> None:
    factories.administrator(desk, OTHER_SERVICE, given_name="Uno", family_name="Solo")
    desk.commit()
    [part] = page(signed_in, "/admin/groups").xpath("//section[@aria-labelledby='administrators']")
    listed = [" ".join(each.text_content().split()) for each in part.xpath(".//li")]
    assert any("Ada Capo all services" in each for each in listed)
    assert any("Uno Solo" in each and "all services" not in each for each in listed)


def test_jobs_show_their_last_run_and_result(signed_in: FlaskClient, desk: Session) -> None:
    lease = leases.take(desk, "deliver", "somewhere", hold=10, every=None)
    assert lease is not None
    leases.finish(desk, lease, counted(sent=12, later=1, refused=0).stored())
    desk.commit()
    assert "12 sent, 1 to try again, 0 refused" in _jobs(signed_in)


@pytest.mark.parametrize("result", ["12 sent, 0 refused", "failed: RuntimeError: no space left"])
def test_errors_of_jobs_and_results_of_earlier_releases_are_shown_as_they_were_kept(
    signed_in: FlaskClient, desk: Session, result: str
) -> None:
    lease = leases.take(desk, "deliver", "somewhere", hold=10, every=None)
    assert lease is not None
    leases.finish(desk, lease, result)
    desk.commit()
    assert result in _jobs(signed_in)


def _jobs(client: FlaskClient) -> str:
    [part] = page(client, "/admin").xpath("//section[@aria-labelledby='jobs']")
    return " ".join(part.text_content().split())


def test_a_ticket_is_not_there_until_a_reason_is_given_and_then_is_read_only(
    signed_in: FlaskClient, desk: Session, admin: Person, ticket: Ticket
) -> None:
    path = f"/tickets/{ticket.number}"
    page(signed_in, path, 404)
    assert ask(signed_in, ticket.number) == path
    shown = page(signed_in, path)
    assert "A private matter" in shown.text_content()
    assert shown.xpath("//form[contains(@action, '/tickets/')]/@action") == [f"{path}/star"]
    [logged] = desk.scalars(sa.select(AccessLog)).all()
    assert (logged.person_id, logged.ticket_id, logged.reason) == (admin.id, ticket.id, REASON)
    assert REASON in page(signed_in, "/admin/access").text_content()


def test_after_an_hour_the_reason_no_longer_opens_the_ticket(
    signed_in: FlaskClient, desk: Session, admin: Person, ticket: Ticket
) -> None:
    for minutes, status in ((59, 200), (61, 404)):
        desk.execute(sa.delete(AccessLog))
        at = datetime.now(UTC) - timedelta(minutes=minutes)
        desk.add(AccessLog(at=at, person_id=admin.id, ticket_id=ticket.id, reason=REASON))
        desk.commit()
        page(signed_in, f"/tickets/{ticket.number}", status)


def test_the_same_form_sent_twice_is_logged_once(signed_in: FlaskClient, desk: Session, ticket: Ticket) -> None:
    for _ in range(2):
        ask(signed_in, ticket.number, idempotency_key="the-same-key-of-the-same-form")
    assert len(desk.scalars(sa.select(AccessLog)).all()) == 1


@pytest.mark.parametrize(
    ("number", "reason", "sentence"),
    [
        ("2026999999", REASON, "No request of the services you administer"),
        ("not a number", REASON, "No request of the services you administer"),
        (None, "because", "Say why in 10 to 500 characters"),
        (None, "", "Say why you have to read this request"),
    ],
)
def test_a_wrong_number_or_no_reason_is_said_at_its_field_and_keeps_what_was_typed(
    signed_in: FlaskClient, desk: Session, ticket: Ticket, number: str | None, reason: str, sentence: str
) -> None:
    shown = ask(signed_in, number or ticket.number, reason)
    assert isinstance(shown, html.HtmlElement)
    assert sentence in shown.xpath("//*[@role='alert']")[0].text_content()
    assert shown.xpath("//input[@name='number']/@value") == [number or ticket.number]
    assert not desk.scalars(sa.select(AccessLog)).all()


def test_an_administrator_of_one_service_opens_no_ticket_of_another(
    client: FlaskClient, desk: Session, sign_in: SignIn, ticket: Ticket
) -> None:
    limited = factories.administrator(desk, OTHER_SERVICE)
    desk.commit()
    sign_in(client, limited.id)
    shown = ask(client, ticket.number)
    assert isinstance(shown, html.HtmlElement)
    assert "No request of the services you administer" in shown.text_content()
    page(client, f"/tickets/{ticket.number}", 404)
