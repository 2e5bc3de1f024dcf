"""Rules in the administration: written, refused with what was typed, tried, switched on, moved, removed."""

from datetime import UTC, datetime

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from lxml import html
from sqlalchemy.orm import Session

from servicedesk.actions import automation
from servicedesk.store.models.automation import AutomationRule
from tests import factories
from tests.web.admin.test_people import send
from tests.web.conftest import SignIn, page


@pytest.fixture
def browser(client: FlaskClient, desk: Session, sign_in: SignIn) -> FlaskClient:
    made = factories.administrator(desk)
    factories.technician(desk, "STAGE")
    factories.technician(desk, "RETI")
    desk.commit()
    sign_in(client, made.id)
    return client


def new_address(browser: FlaskClient) -> str:
    return str(page(browser, "/admin/rules").xpath("//a[contains(@href, '/admin/rules/new')]/@href")[0])


WIFI = {"name": "Wi-Fi", "trigger": "opened", "asks": "words", "words": "wifi"}
NOTE = {"does": "note", "do_note": "Ask for the building."}


def write(browser: FlaskClient, **typed: str) -> None:
    values = {**WIFI, **NOTE, **typed}
    at = new_address(browser)
    assert send(browser, at, at, **values) is None


def test_a_rule_is_written_tried_and_acts_once_it_is_on(browser: FlaskClient, desk: Session) -> None:
    before = factories.ticket(desk, key="stage-curriculare", title="No wifi in the library", now=datetime.now(UTC))
    desk.commit()
    service, number = before.service_id, before.number
    desk.rollback()
    at = new_address(browser).split("=")[0] + f"={service}"
    assert send(browser, at, at, **WIFI, **NOTE) is None
    rule = desk.scalars(sa.select(AutomationRule.id)).one()
    desk.rollback()
    shown = page(browser, f"/admin/rules/{rule}")
    assert not shown.xpath(f"//form[@action='/admin/rules/{rule}/on']")
    assert send(browser, f"/admin/rules/{rule}", f"/admin/rules/{rule}/try") is None
    tried = page(browser, f"/admin/rules/{rule}?tried=1")
    assert "It would have acted on 1 request" in tried.text_content()
    assert number in tried.text_content()
    assert "No wifi in the library" not in tried.text_content()  # who administers reads with a reason only
    assert send(browser, f"/admin/rules/{rule}", f"/admin/rules/{rule}/on") is None
    desk.rollback()
    after = factories.ticket(desk, key="stage-curriculare", title="Wifi again", now=datetime.now(UTC))
    automation.act_on_pending(desk, datetime.now(UTC), 10, set())
    desk.commit()
    assert after.number in page(browser, f"/admin/rules/{rule}").text_content()


def test_what_is_wrong_is_said_at_its_field_and_what_was_typed_stays(browser: FlaskClient) -> None:
    at = new_address(browser)
    shown = send(browser, at, at, name="", asks="words", words="mora, tasse")
    assert shown is not None
    words = shown.text_content()
    assert "Give the rule a name" in words
    assert "Say what the rule does" in words
    assert shown.xpath("//input[@name='words']/@value") == ["mora, tasse"]


def test_a_rule_changed_by_somebody_else_is_not_overwritten(browser: FlaskClient, desk: Session) -> None:
    write(browser)
    rule = desk.scalars(sa.select(AutomationRule.id)).one()
    desk.rollback()
    at = f"/admin/rules/{rule}/edit"
    assert send(browser, at, at, name="Second") is None
    shown = send(browser, at, at, name="Third", seen="1")
    assert shown is not None
    assert "Somebody else has changed this rule" in shown.text_content()
    assert shown.xpath("//input[@name='name']/@value") == ["Third"]


def test_rules_are_put_in_order_and_removed(browser: FlaskClient, desk: Session) -> None:
    write(browser)
    write(browser, name="Second")
    first, second = desk.scalars(sa.select(AutomationRule.id).order_by(AutomationRule.id))
    desk.rollback()
    assert send(browser, "/admin/rules", f"/admin/rules/{second}/up") is None
    names = [link.text_content() for link in page(browser, "/admin/rules").xpath("//tbody//th/a")]
    assert names == ["Second", "Wi-Fi"]
    assert send(browser, f"/admin/rules/{first}", f"/admin/rules/{first}/remove") is None
    assert [link.text_content() for link in page(browser, "/admin/rules").xpath("//tbody//th/a")] == ["Second"]


def test_rules_of_other_services_are_not_there(client: FlaskClient, desk: Session, sign_in: SignIn) -> None:
    boss = factories.administrator(desk)
    other = factories.administrator(desk, service_id="another")
    desk.commit()
    sign_in(client, boss.id)
    write(client)
    rule = desk.scalars(sa.select(AutomationRule.id)).one()
    desk.rollback()
    sign_in(client, other.id)
    assert client.get(f"/admin/rules/{rule}").status_code == 404
    assert not page(client, "/admin/rules").xpath("//tbody//th/a")


def test_only_the_fields_of_what_is_ticked_stand_there_and_count(browser: FlaskClient, desk: Session) -> None:
    at = new_address(browser)
    form = page(browser, at).xpath(f"//form[@action='{at}']")[0]
    typed = {**dict(form.form_values()), **WIFI, **NOTE, "trigger": "in_state", "courses": "ECO", "show": "1"}
    answer = browser.post(at, data=typed)
    assert answer.status_code == 200
    shown = html.fromstring(answer.text)

    def is_there(name: str) -> bool:
        return not shown.xpath(f"//*[@name='{name}']/ancestor::*[@data-needs][@hidden]")

    names = ("words", "do_note", "idle_hours", "idle_state", "courses", "do_reply", "do_group")
    assert [is_there(name) for name in names] == [True, True, True, True, False, False, False]
    assert shown.xpath("//input[@name='words']/@value") == ["wifi"]
    assert desk.scalars(sa.select(AutomationRule.id)).all() == []
    desk.rollback()
    write(browser, courses="ECO", trigger="opened", idle_hours="5")
    kept = desk.scalars(sa.select(AutomationRule.content)).one()
    assert (kept["conditions"]["courses"], kept["idle_hours"]) == ([], 0)


def test_every_kind_of_deed_is_kept_and_read_in_words(browser: FlaskClient, desk: Session) -> None:
    factories.standard_answer(desk, "late", "Ciao", "Hello")
    number = factories.ticket(desk, key="stage-curriculare").number
    desk.commit()
    write(browser, name="Answer", does="answer", do_answer="late", trigger="due_soon", idle_hours="4")
    write(browser, name="Link", does="link", do_link=number)
    write(browser, name="Ask", does="advise", do_advise="RETI", do_note="Is it down?")
    wait = {"do_wait_days": "3", "do_reply": "Fra tre giorni.", "do_reply_en": "In three days."}
    write(browser, name="Wait", does="wait_days", **wait)
    rules = desk.scalars(sa.select(AutomationRule.id).order_by(AutomationRule.id)).all()
    desk.rollback()
    words = [page(browser, f"/admin/rules/{rule}").text_content() for rule in rules]
    assert "/late → Propose as solution" in words[0] and "some hours before a promised time" in words[0]
    assert number in words[1]
    assert "Is it down?" in words[2]
    assert "Fra tre giorni." in words[3]
    again = page(browser, f"/admin/rules/{rules[3]}/edit")
    assert again.xpath("//input[@name='do_wait_days']/@value") == ["3"]
    at = new_address(browser)
    refused = send(browser, at, at, **{**WIFI, "does": "link", "do_link": "1999000001"})
    assert refused is not None
    assert "There is no request with this number." in refused.text_content()
