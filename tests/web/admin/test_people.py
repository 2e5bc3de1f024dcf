"""Administration of people: found, shown, roles given and taken, accounts closed, by those who may."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from lxml import html
from sqlalchemy.orm import Session

from servicedesk.actions import memberships
from servicedesk.actions.audit import record
from servicedesk.actions.roles import Grant
from servicedesk.rules.errors import NotAllowed
from servicedesk.rules.identity import FISCAL, fiscal_hash
from servicedesk.rules.permissions import Role
from servicedesk.rules.role_rights import groups_managed, groups_of_service
from servicedesk.settings import Settings
from servicedesk.store import absences as store
from servicedesk.store.models.people import Absence, Identity, Person, RoleGrant
from servicedesk.store.models.system import AuditEvent
from servicedesk.store.models.tickets import Ticket
from tests import factories
from tests.web.conftest import SignIn, page, shipped_catalogue

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


@pytest.fixture
def admin(desk: Session) -> Person:
    made = factories.administrator(desk, given_name="Ada", family_name="Capo")
    desk.commit()
    return made


@pytest.fixture
def browser(client: FlaskClient, admin: Person, sign_in: SignIn) -> FlaskClient:
    sign_in(client, admin.id)
    return client


def send(client: FlaskClient, at: str, action: str, **typed: str) -> html.HtmlElement | None:
    """Send a form of a page as it stands but for what is typed; return the page shown again, None when it is done."""
    form = page(client, at).xpath(f"//form[@action='{action}']")[0]
    answer = client.post(action, data={**dict(form.form_values()), **typed})
    if answer.status_code == 303:
        return None
    assert answer.status_code == 422
    return html.fromstring(answer.text)


@pytest.mark.parametrize("words", ["ross", "Rossi", "GIULIA ros", "0077", "g.rossi@example.org"])
def test_people_are_found_by_name_code_and_address(browser: FlaskClient, desk: Session, words: str) -> None:
    factories.person(desk, given_name="Giulia", family_name="Rossi", email="g.rossi@example.org", code="0077")
    factories.person(desk, given_name="Marta", family_name="Bianchi")
    factories.guest(desk, given_name="Giulia", family_name="Rossi")
    desk.commit()
    rows = page(browser, f"/admin/people?q={words}").xpath("//tbody/tr")
    assert [row.xpath("string(th)").strip() for row in rows] == ["Giulia Rossi"]


def test_a_student_is_found_by_number_and_nobody_by_a_wildcard(browser: FlaskClient, desk: Session) -> None:
    student = factories.student(desk, given_name="Luca", family_name="Verdi")
    desk.commit()
    shown = page(browser, f"/admin/people?q=7{student.id:05d}")
    assert shown.xpath("//tbody/tr/th")[0].text_content().strip() == "Luca Verdi"
    assert "Nobody fits" in page(browser, "/admin/people?q=%25").text_content()
    assert "Nobody fits" in page(browser, "/admin/people?q=_").text_content()


def test_everybody_with_a_role_is_listed_once(browser: FlaskClient, desk: Session, admin: Person) -> None:
    worker = factories.technician(desk, "RETI", given_name="Wanda", family_name="Lavoro")
    desk.add(RoleGrant(person_id=worker.id, role=Role.SUPERVISOR, group_code="RETI", granted_at=NOW))
    factories.person(desk, family_name="Nessuno")
    desk.commit()
    rows = page(browser, "/admin/people?show=staff").xpath("//tbody/tr/th")
    assert [row.text_content().strip() for row in rows] == ["Ada Capo", "Wanda Lavoro"]


def test_a_role_is_given_and_taken_with_a_record_of_both(browser: FlaskClient, desk: Session, admin: Person) -> None:
    new = factories.person(desk, given_name="Nora", family_name="Nuova")
    desk.commit()
    at = f"/admin/people/{new.id}"
    assert send(browser, at, f"{at}/roles", role="technician", group="RETI", code="0815", areas="ECO, GIUR") is None
    held = desk.scalars(sa.select(RoleGrant).where(RoleGrant.person_id == new.id)).one()
    assert (held.role, held.group_code, held.areas) == ("technician", "RETI", ["ECO", "GIUR"])
    role = held.id
    desk.rollback()
    assert "0815" in page(browser, at).text_content()
    assert send(browser, at, f"{at}/roles/{role}/take") is None
    assert desk.scalars(sa.select(RoleGrant).where(RoleGrant.person_id == new.id)).all() == []
    acts = desk.execute(sa.select(AuditEvent.actor, AuditEvent.action).where(AuditEvent.subject == f"person:{new.id}"))
    assert [tuple(each) for each in acts] == [
        (f"person:{admin.id}", "code.give"),
        (f"person:{admin.id}", "role.grant"),
        (f"person:{admin.id}", "role.revoke"),
    ]


def test_what_is_missing_is_said_and_what_was_typed_stays(browser: FlaskClient, desk: Session) -> None:
    new = factories.person(desk)
    desk.commit()
    at = f"/admin/people/{new.id}"
    shown = send(browser, at, f"{at}/roles", role="technician", group="RETI", areas="ECO")
    assert shown is not None
    assert "no code" in shown.text_content()
    assert shown.xpath("//input[@name='areas']/@value") == ["ECO"]
    assert "Choose one of" in send(browser, at, f"{at}/roles", role="supervisor", group="NONE").text_content()  # type: ignore[union-attr]


def test_the_last_administrator_of_everything_stays(browser: FlaskClient, desk: Session, admin: Person) -> None:
    held = desk.scalars(sa.select(RoleGrant).where(RoleGrant.person_id == admin.id)).one()
    at = f"/admin/people/{admin.id}"
    shown = send(browser, at, f"{at}/roles/{held.id}/take")
    assert shown is not None
    assert "Nobody else administers the whole installation" in shown.text_content()
    assert not shown.xpath(f"//form[@action='{at}/close']")
    factories.administrator(desk)
    desk.commit()
    assert send(browser, at, f"{at}/roles/{held.id}/take") is None


def test_a_group_is_not_left_alone_with_its_requests(browser: FlaskClient, desk: Session) -> None:
    last = factories.technician(desk, "RETI")
    factories.technician(desk, "STAGE")
    ticket = factories.ticket(desk, key="accesso-login")
    ticket.group_code, ticket.technician_id, ticket.state = "RETI", last.id, "assigned_technician"
    desk.commit()
    held = desk.scalars(sa.select(RoleGrant).where(RoleGrant.person_id == last.id)).one()
    at = f"/admin/people/{last.id}"
    shown = send(browser, at, f"{at}/roles/{held.id}/take")
    assert shown is not None
    assert "has 1 open requests" in shown.text_content()
    assert send(browser, at, f"{at}/roles/{held.id}/take", group_after="STAGE") is None
    desk.rollback()
    moved = desk.get(Ticket, ticket.id)
    assert moved is not None
    assert (moved.group_code, moved.technician_id) != ("RETI", last.id)


def test_with_colleagues_the_requests_go_back_to_the_group(browser: FlaskClient, desk: Session) -> None:
    leaving = factories.technician(desk, "RETI")
    factories.technician(desk, "RETI")
    ticket = factories.ticket(desk, key="accesso-login")
    ticket.group_code, ticket.technician_id, ticket.state = "RETI", leaving.id, "assigned_technician"
    desk.commit()
    held = desk.scalars(sa.select(RoleGrant).where(RoleGrant.person_id == leaving.id)).one()
    at = f"/admin/people/{leaving.id}"
    assert send(browser, at, f"{at}/roles/{held.id}/take") is None
    desk.rollback()
    back = desk.get(Ticket, ticket.id)
    assert back is not None
    assert (back.group_code, back.technician_id, back.state) == ("RETI", None, "assigned_group")


def test_a_closed_account_is_signed_out_and_can_be_opened_again(
    browser: FlaskClient, desk: Session, sign_in: SignIn
) -> None:
    leaving = factories.technician(desk, "RETI")
    desk.commit()
    theirs = browser.application.test_client()
    sign_in(theirs, leaving.id)
    page(theirs, "/queue")
    at = f"/admin/people/{leaving.id}"
    shown = send(browser, at, f"{at}/close")
    assert shown is not None
    assert "Give the reason" in shown.text_content()
    assert send(browser, at, f"{at}/close", **{"close-reason": "Left the university."}) is None
    assert theirs.get("/queue").status_code in (302, 303, 401)
    assert "This account is closed" in page(browser, at).text_content()
    assert "Left the university." in page(browser, at).text_content()
    assert send(browser, at, f"{at}/open") is None
    assert "This account is closed" not in page(browser, at).text_content()


def test_staff_are_made_known_before_their_first_sign_in(browser: FlaskClient, desk: Session) -> None:
    typed = {"code": "0900", "given_name": "Piera", "family_name": "Prima", "email": "p.prima@example.org"}
    wrong = send(browser, "/admin/people/new", "/admin/people/new", **typed, fiscal_code="ABC")
    assert wrong is not None
    assert "not a valid fiscal code" in wrong.text_content()
    assert wrong.xpath("//input[@name='family_name']/@value") == ["Prima"]
    assert send(browser, "/admin/people/new", "/admin/people/new", **typed, fiscal_code="RSSMRA80A01H501U") is None
    made = desk.scalars(sa.select(Person).where(Person.code == "0900")).one()
    shown = page(browser, f"/admin/people/{made.id}").text_content()
    assert "SPID, CIE or register" in shown
    assert "RSSMRA80A01H501U" not in shown


class TestOneService:
    """An administrator of one service, who has what that service needs and nothing else."""

    @pytest.fixture
    def limited(self, client: FlaskClient, desk: Session, sign_in: SignIn) -> FlaskClient:
        made = factories.administrator(desk, service_id=factories.SERVICE)
        desk.commit()
        sign_in(client, made.id)
        return client

    def test_roles_outside_the_service_are_refused(self, limited: FlaskClient, desk: Session) -> None:
        new = factories.person(desk, code="0815")
        desk.commit()
        at = f"/admin/people/{new.id}"
        shown = page(limited, at)
        assert not shown.xpath("//section[@aria-labelledby='account']")
        token = shown.xpath("//input[@name='csrf_token']/@value")[0]
        for fields in (
            {"role": "administrator", "service": ""},
            {"role": "technician", "group": "NOT_OF_THE_SERVICE"},
        ):
            answer = limited.post(f"{at}/roles", data={"csrf_token": token, **fields})
            assert answer.status_code in (403, 422)
        assert desk.scalars(sa.select(RoleGrant).where(RoleGrant.person_id == new.id)).all() == []

    @pytest.mark.parametrize("verb", ["close", "sessions/end", "second-factor/reset", "code", "open"])
    def test_accounts_are_not_theirs(self, limited: FlaskClient, desk: Session, verb: str) -> None:
        other = factories.person(desk)
        desk.commit()
        token = page(limited, f"/admin/people/{other.id}").xpath("//input[@name='csrf_token']/@value")[0]
        typed = {"csrf_token": token, "close-reason": "x", "reset-reason": "x", "new_code": "x"}
        assert limited.post(f"/admin/people/{other.id}/{verb}", data=typed).status_code == 403
        desk.rollback()
        untouched = desk.get(Person, other.id)
        assert untouched is not None
        assert untouched.is_active
        assert untouched.code is None

    def test_somebody_known_is_not_made_another_by_being_added_again(
        self, limited: FlaskClient, desk: Session, settings: Settings
    ) -> None:
        known = factories.person(desk, code="0077", email="known@example.org", family_name="Rossi")
        subject = fiscal_hash(settings.identity_key, "RSSMRA80A01H501U")
        desk.add(Identity(person_id=known.id, namespace=FISCAL, subject=subject, created_at=NOW))
        desk.commit()
        typed = {"code": "0078", "given_name": "M", "family_name": "Mine", "email": "mine@example.org"}
        shown = send(limited, "/admin/people/new", "/admin/people/new", **typed, fiscal_code="RSSMRA80A01H501U")
        assert shown is not None
        assert "Only an administrator of the whole installation" in shown.text_content()
        desk.refresh(known)
        assert (known.code, known.email, known.family_name) == ("0077", "known@example.org", "Rossi")

    def test_a_role_brings_a_first_code_and_changes_none(self, client: FlaskClient, desk: Session) -> None:
        tree = shipped_catalogue()
        service = next(key for key, each in tree.services.items() if "RETI" in groups_of_service(tree, key))
        own = factories.actor(desk, factories.administrator(desk, service_id=service))
        new, known = factories.person(desk), factories.person(desk, code="0077")
        memberships.give(desk, own, new.id, Grant(Role.TECHNICIAN, "RETI"), (), "0900", NOW)
        assert new.code == "0900"
        memberships.give(desk, own, known.id, Grant(Role.TECHNICIAN, "RETI"), (), "0077", NOW)
        with pytest.raises(NotAllowed):
            memberships.give(desk, own, known.id, Grant(Role.SUPERVISOR, "RETI"), (), "0901", NOW)
        assert known.code == "0077"

    def test_a_group_that_works_for_others_services_too_is_not_theirs(self, client: FlaskClient, desk: Session) -> None:
        tree = shipped_catalogue()
        one, two = tree.services
        shared = groups_of_service(tree, one) & groups_of_service(tree, two)
        assert shared
        own = factories.actor(desk, factories.administrator(desk, service_id=one))
        assert groups_managed(own, tree) == groups_of_service(tree, one) - shared
        new = factories.person(desk, code="0815")
        with pytest.raises(NotAllowed):
            memberships.give(desk, own, new.id, Grant(Role.SUPERVISOR, min(shared)), (), "", NOW)
        both = replace(own, administers=frozenset({one, two}))
        assert shared <= groups_managed(both, tree)

    def test_why_an_account_was_closed_is_not_theirs_to_read(self, limited: FlaskClient, desk: Session) -> None:
        other = factories.person(desk)
        boss = factories.actor(desk, factories.administrator(desk))
        memberships.give(desk, boss, other.id, Grant(Role.TECHNICIAN, "RETI"), (), "0900", NOW)
        memberships.close_account(desk, boss, other.id, "A matter between two people", NOW)
        desk.commit()
        shown = page(limited, f"/admin/people/{other.id}").text_content()
        assert "gave a role" in shown
        assert "A matter between two people" not in shown


def test_what_administrators_did_is_told_in_words_and_not_in_the_names_of_columns(
    browser: FlaskClient, desk: Session
) -> None:
    worker = factories.technician(desk, "STAGE", locale="it")
    day = "2026-03-0{}"
    acts = {
        "role.grant": {"role": "technician", "group": "STAGE", "service": "", "areas": ["Medicina", "Lettere"]},
        "absence.set": {"first_day": day.format(2), "last_day": day.format(6)},
        "sessions.end": {"sessions": 2},
        "account.close": {"reason": "Left."},
    }
    for action, after in acts.items():
        record(desk, "command:test", action, f"person:{worker.id}", NOW, after=after)
    desk.commit()
    shown = page(browser, f"/admin/people/{worker.id}")
    told = [" ".join(each.text_content().split()) for each in shown.xpath("//section[@aria-labelledby='changes']//li")]
    assert [each.partition(": ")[2] for each in told] == [
        "closed the account Left.",
        "ended the sessions 2 browsers",
        "noted an absence 2 Mar 2026 - 6 Mar 2026",
        "gave a role technician: Internships and international mobility (STAGE), Medicina, Lettere",
    ]
    assert "Italiano" in shown.text_content()


def test_an_administrator_who_works_in_no_group_enters_absences_of_the_groups_they_administer(
    browser: FlaskClient, desk: Session, admin: Person
) -> None:
    worker = factories.technician(desk, "STAGE", given_name="Teo", family_name="Via")
    elsewhere = factories.administrator(desk, service_id="5b1f6a0e-7d0c-4c39-9a5e-2f4f7a1d8c63")
    assert not store.may_enter(desk, factories.actor(desk, elsewhere), worker.id)
    desk.commit()
    [found] = page(browser, "/admin/groups").xpath("//main//a[contains(., 'absences')]/@href")
    assert send(browser, found, found, person=str(worker.id), first="2030-01-02", last="2030-01-04") is None
    kept = desk.scalars(sa.select(Absence)).one()
    assert (kept.person_id, kept.last_day.isoformat()) == (worker.id, "2030-01-04")
    [change] = page(browser, f"{found}?month=2030-01").xpath("//section[@aria-labelledby='coming']//a/@href")
    assert send(browser, change, change, last="2030-01-05") is None
