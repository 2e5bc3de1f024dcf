"""Words around mails in the administration: shown, tried, sent to oneself, kept for every process, taken back."""

import email
import email.policy
from collections.abc import Callable

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from servicedesk.store import house_texts as store
from servicedesk.store.models.notices import Notice
from servicedesk.store.models.people import Person
from servicedesk.web.admin.text_examples import Example, shown
from servicedesk.web.house_texts import texts
from servicedesk.web.labels import MAILS
from tests import factories
from tests.factories import NOW, SERVICE
from tests.web.conftest import SignIn, browser, page, send, shipped_catalogue

PATH = "/admin/texts/mails/solution"


@pytest.fixture
def admin(desk: Session) -> Person:
    made = factories.administrator(desk, given_name="Ada", family_name="Capo", email="ada@example.org")
    desk.commit()
    return made


@pytest.fixture
def signed_in(client: FlaskClient, admin: Person, sign_in: SignIn) -> FlaskClient:
    sign_in(client, admin.id)
    return client


def kept(desk: Session) -> dict[str, object]:
    desk.rollback()
    return dict(store.current(desk)[1].entries)


def test_words_are_kept_and_shown_in_the_list_and_the_preview_of_every_process(
    signed_in: FlaskClient, admin: Person, desk: Session, another: Callable[[], Flask]
) -> None:
    assert send(signed_in, PATH, before_it="Gentile {recipient},", subject_en="Good news").location == PATH
    assert kept(desk)["mail:solution"] == {
        "it": {"subject": "", "before": "Gentile {recipient},", "after": ""},
        "en": {"subject": "Good news", "before": "", "after": ""},
    }
    row = page(signed_in, "/admin/texts").xpath("//tr[.//a[@href='/admin/texts/mails/solution']]")[0]
    assert "in every service" in row.text_content()
    elsewhere = browser(another())
    for cookie in (signed_in.get_cookie("servicedesk_session"),):
        assert cookie is not None
        elsewhere.set_cookie("servicedesk_session", cookie.value)
    words = page(elsewhere, PATH).text_content()
    assert "[2026000123] Good news: Renewing late" in words
    assert "Gentile Anna Rossi," in words


def test_what_cannot_be_kept_is_named_with_its_place_and_the_typed_text_stays(
    signed_in: FlaskClient, desk: Session
) -> None:
    answer = send(signed_in, PATH, after_en="Fine.\nSee {nmber}.")
    assert answer.status_code == 422
    assert "Line 2: {nmber} is no placeholder. Known are: {recipient}, {number}," in answer.text
    assert "See {nmber}.</textarea>" in answer.text
    assert kept(desk) == {}


def test_a_preview_shows_what_was_typed_and_keeps_nothing(signed_in: FlaskClient, desk: Session) -> None:
    answer = send(signed_in, PATH, do="show", before_en="We <b>care</b> about {number}.")
    assert "&lt;b&gt;care&lt;/b&gt; about 2026000123." in answer.text
    assert "style=" not in answer.text.partition('id="preview"')[2]
    assert kept(desk) == {}


def test_an_example_is_sent_to_whoever_asked_in_both_languages(signed_in: FlaskClient, desk: Session) -> None:
    answer = send(signed_in, PATH, do="send", before_en="About {number}.")
    assert "The example goes to ada@example.org" in answer.text
    notices = desk.scalars(sa.select(Notice).where(Notice.template == "house_example")).all()
    mails = [email.message_from_bytes(each.rendered or b"", policy=email.policy.default) for each in notices]
    assert [(mail["To"], mail["Subject"]) for mail in mails] == [
        ("Anna Rossi <ada@example.org>", "[2026000123] Soluzione: Rinnovo in ritardo"),
        ("Anna Rossi <ada@example.org>", "[2026000123] Solution: Renewing late"),
    ]
    assert len({mail["Message-ID"] for mail in mails}) == 2
    assert "About 2026000123." in str(mails[1])
    assert kept(desk) == {}


def test_two_editors_of_one_mail_lose_nothing(signed_in: FlaskClient, desk: Session) -> None:
    form = next(form for form in page(signed_in, PATH).forms if form.get("action") == PATH)
    send(signed_in, PATH, before_en="First.")
    late = signed_in.post(PATH, data={**dict(form.form_values()), "before_en": "Second.", "do": "save"})
    assert late.status_code == 409
    assert "What your colleague wrote" in late.text
    assert "First." in late.text
    assert "Second.</textarea>" in late.text
    assert kept(desk)["mail:solution"] == {"en": {"subject": "", "before": "First.", "after": ""}}


def test_the_delivered_text_comes_back(signed_in: FlaskClient, desk: Session) -> None:
    send(signed_in, PATH, before_en="First.")
    assert send(signed_in, PATH, f"{PATH}/reset").status_code == 303
    assert kept(desk) == {}
    assert "text changed" in page(signed_in, "/admin/audit?kind=house").text_content()


def test_another_language_is_written_beside_ours_and_stays_in_the_form(signed_in: FlaskClient, desk: Session) -> None:
    send(signed_in, f"{PATH}?more=de", PATH, before_de="Guten Tag.")
    assert kept(desk) == {"mail:solution": {"de": {"subject": "", "before": "Guten Tag.", "after": ""}}}
    assert page(signed_in, PATH).xpath("//textarea[@name='before_de']/text()") == ["\nGuten Tag."]


def test_who_administers_a_service_writes_for_it_alone(client: FlaskClient, desk: Session, sign_in: SignIn) -> None:
    own = factories.administrator(desk, SERVICE)
    desk.commit()
    sign_in(client, own.id)
    assert "Only an administrator of every service" in page(client, PATH).text_content()
    path = f"{PATH}?service={SERVICE}"
    assert send(client, PATH, before_en="Not mine.", do="save").status_code == 403
    assert send(client, path, before_en="Mine.").status_code == 303
    assert list(kept(desk)) == [f"mail:solution:{SERVICE}"]


@pytest.mark.parametrize(
    "path", ["/admin/texts/mails/nothing", f"{PATH}?service=nowhere", "/admin/texts/mails/watch_unsent"]
)
def test_what_is_no_mail_is_not_there(signed_in: FlaskClient, path: str) -> None:
    page(signed_in, path, 404)


def test_every_mail_has_an_example(app: Flask) -> None:
    with app.test_request_context():
        for key in MAILS:
            if about := texts().about(key):
                found = shown(texts(), Example(key, about, "", "a@example.org"), "en", shipped_catalogue(), NOW)
                assert found.subject.startswith("[")
                assert "href" not in found.html
