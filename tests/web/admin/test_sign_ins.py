"""What administrators see of sign-ins: counts, alarms, and what providers send, of which nothing tells who it was."""

from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from lxml import html
from sqlalchemy.orm import Session

from servicedesk.actions import attribute_preview, refusals
from servicedesk.actions.alarms import clear_alarm, raise_alarm
from servicedesk.rules.sentences import Sentence
from servicedesk.store.models.records import Alarm
from tests import factories
from tests.web.conftest import SignIn, page, send

NOW = datetime.now(UTC)
POSTE = "https://poste.example/"
PROFILE = "demo"
EXPIRES = Sentence("The certificate of %(name)s expires soon.", {"name": "Poste"})


@pytest.fixture
def administrator(client: FlaskClient, desk: Session, sign_in: SignIn) -> FlaskClient:
    person = factories.administrator(desk)
    desk.commit()
    sign_in(client, person.id)
    return client


def rows(shown: html.HtmlElement, section: str) -> list[list[str]]:
    found = shown.xpath(f"//section[@aria-labelledby='{section}']//tbody/tr")
    return [[" ".join(cell.text_content().split()) for cell in row] for row in found]


def count(desk: Session, at: datetime, accepted: int, *codes: str) -> None:
    for _ in range(accepted):
        refusals.note_accepted(desk, profile="spid", provider=POSTE, now=at)
    for number, code in enumerate(codes):
        refusals.note(desk, profile="spid", provider=POSTE, code=code, pseudonym=f"{at}{number}", now=at)
    desk.commit()


def test_sign_ins_are_shown_by_provider_and_code_for_a_day_and_a_week(
    administrator: FlaskClient, desk: Session
) -> None:
    count(desk, NOW, 5, "expired", "replay", "expired")
    count(desk, NOW - timedelta(days=3), 1, "denied")
    assert rows(page(administrator, "/admin/sign-ins"), "counts") == [
        ["spid", POSTE, "5", "3", "expired 2, replay 1"],
    ]
    assert rows(page(administrator, "/admin/sign-ins?period=week"), "counts") == [
        ["spid", POSTE, "6", "4", "expired 2, denied 1, replay 1"],
    ]


def test_without_sign_ins_the_page_says_so(administrator: FlaskClient) -> None:
    text = page(administrator, "/admin/sign-ins").text_content()
    assert "None in the last seven days." in text and "nobody came back from an identity provider" in text


def test_an_alarm_stands_on_the_first_page_until_it_was_seen(administrator: FlaskClient, desk: Session) -> None:
    raise_alarm(desk, "certificate", EXPIRES, NOW)
    desk.commit()
    assert rows(page(administrator, "/admin"), "warnings")[0][0] == "The certificate of Poste expires soon."
    number = desk.scalars(sa.select(Alarm.id)).one()
    answer = send(administrator, "/admin", f"/admin/sign-ins/alarms/{number}/seen")
    assert (answer.status_code, answer.location) == (303, "/admin/sign-ins")
    assert "expires soon" not in page(administrator, "/admin").text_content()
    (row,) = rows(page(administrator, "/admin/sign-ins"), "alarms")
    assert row[3] == "1" and (" ago (" in row[4] or "now" in row[4])


def test_an_alarm_that_is_over_says_so_and_is_no_longer_on_the_first_page(
    administrator: FlaskClient, desk: Session
) -> None:
    raise_alarm(desk, "certificate", EXPIRES, NOW)
    clear_alarm(desk, "certificate", NOW)
    desk.commit()
    (row,) = rows(page(administrator, "/admin/sign-ins"), "alarms")
    assert row[0] == "The certificate of Poste expires soon. over"
    assert "expires soon" not in page(administrator, "/admin").text_content()


def test_an_alarm_that_is_not_there_is_not_found(administrator: FlaskClient, desk: Session) -> None:
    raise_alarm(desk, "certificate", EXPIRES, NOW)
    desk.commit()
    number = desk.scalars(sa.select(Alarm.id)).one()
    form = next(form for form in page(administrator, "/admin").forms if form.get("action").endswith("/seen"))
    token = form.fields["csrf_token"]
    missing = administrator.post(f"/admin/sign-ins/alarms/{number + 1}/seen", data={"csrf_token": token})
    assert missing.status_code == 404
    assert desk.scalars(sa.select(Alarm.seen_at)).all() == [None]


@pytest.mark.parametrize("path", ["/admin/sign-ins", "/admin/attributes"])
def test_a_technician_sees_none_of_it(client: FlaskClient, desk: Session, sign_in: SignIn, path: str) -> None:
    person = factories.technician(desk, "STAGE")
    desk.commit()
    sign_in(client, person.id)
    assert client.get(path).status_code in (403, 404)


def test_what_a_provider_sent_is_shown_masked_beside_what_is_read_from_it(
    administrator: FlaskClient, desk: Session
) -> None:
    profile = administrator.application.extensions["desk_federation"].profile(None)
    given_name = profile.mapping["given_name"][0]
    attribute_preview.remember(
        desk,
        profile=profile.name,
        provider=POSTE,
        raw={given_name: ["Lucia"], "shoeSize": ["42 and a half"]},
        mapped={"given_name": ["Lucia"]},
        missing=["family_name"],
        now=NOW,
    )
    desk.commit()
    shown = page(administrator, "/admin/attributes")
    read = {row[0]: row[1:] for row in rows(shown, "preview-1")}
    assert read["given_name"] == [given_name, "L… (5 characters)"]
    assert read["family_name"] == ["did not come", "needed and missing"]
    assert read["email"] == ["did not come", ""]
    unread = shown.xpath("//main//details")[0].text_content()
    assert "1 attribute that nothing reads" in unread and "shoeSize" in unread and "4…" in unread
    assert "Lucia" not in shown.text_content() and "half" not in shown.text_content()


def test_before_anybody_signed_in_the_page_of_attributes_says_so(administrator: FlaskClient) -> None:
    assert "Nobody has signed in yet" in page(administrator, "/admin/attributes").text_content()
