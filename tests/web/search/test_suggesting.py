"""While somebody types a title: known answers, better subjects, 'this solved it'; and how long an answer takes."""

from datetime import UTC, datetime

import pytest
from lxml import html
from sqlalchemy import select

from servicedesk.rules.languages import LANGUAGES
from servicedesk.store.models.answers import Answer
from servicedesk.store.models.drafts import RequestDraft
from servicedesk.store.models.figures import AnswerTime
from servicedesk.store.models.tickets import Ticket
from tests import factories
from tests.web.conftest import page, post

KEY = "tasse-informazioni"
FORM = f"/tickets/new/{KEY}"
SUGGESTIONS = f"/catalogue/{KEY}/suggestions"


@pytest.fixture
def known(desk):
    """An answer that everybody may read."""
    factories.answer(desk, "surcharge", "tasse-mora", it="Quanto è la mora?", en="How much is the late surcharge?")
    desk.commit()


def suggested(client, title):
    answer = client.get(SUGGESTIONS, query_string={"title": title})
    assert answer.status_code == 200
    return html.fromstring(f"<div>{answer.text}</div>")


def solved_form(client):
    return next(form for form in page(client, FORM).forms if form.get("id") == "solved")


def test_the_title_asks_for_what_fits_while_it_is_typed(signed_in):
    assert page(signed_in, FORM).xpath("//input[@id='title']/@hx-get") == [SUGGESTIONS]


def test_an_answer_and_a_better_subject_are_offered(signed_in, known):
    shown = suggested(signed_in, "late surcharge")
    assert shown.xpath("//button[@form='solved']/@value") == ["surcharge"]
    assert "/answers/surcharge" in shown.xpath("//a/@href")
    assert "/tickets/new/tasse-mora?title=late+surcharge" in shown.xpath("//a/@href")


def test_what_fits_is_one_line_with_its_count_until_it_is_opened(signed_in, known):
    parts = suggested(signed_in, "late surcharge").xpath("//details[not(@open)]")
    assert [" ".join(part.xpath("string(summary)").split()) for part in parts] == [
        "This may answer it already: 1",
        "Another subject may fit better: 2",
    ]


def test_the_subject_that_was_chosen_well_is_left_alone(signed_in):
    assert not suggested(signed_in, "information about fees").xpath("//a[starts-with(@href, '/tickets/new')]")


@pytest.mark.parametrize("title", ["", "fee", "qwertyuiop"])
def test_nothing_is_said_where_there_is_nothing_to_say(signed_in, known, title):
    assert suggested(signed_in, title).xpath("//a | //button") == []


def test_whoever_has_no_account_is_offered_what_everybody_may_read(client, known):
    shown = suggested(client, "late surcharge")
    assert shown.xpath("//button[@form='solved']/@value") == ["surcharge"]
    assert "/catalogue/tasse-mora" not in shown.xpath("//a/@href")


def test_the_words_typed_come_along_to_the_better_subject(signed_in):
    form = next(f for f in page(signed_in, "/tickets/new/tasse-mora?title=Paid+late").forms if f.get("id") != "solved")
    titles = page(signed_in, "/tickets/new/tasse-mora?title=Paid+late").xpath("//input[@name='title']/@value")
    assert (form is not None, titles) == (True, ["Paid late"])


def test_what_solved_it_is_counted_once_and_nothing_is_filed(desk, signed_in, known):
    draft = next(form for form in page(signed_in, FORM).forms if form.get("action") == FORM)
    draft.set("action", f"{FORM}/autosave")
    post(signed_in, draft, title="late surcharge")
    for _ in range(2):
        answer = post(signed_in, solved_form(signed_in), answer="surcharge")
        assert answer.status_code == 303
    shown = page(signed_in, answer.location).xpath("string(//main)")
    assert "No request was filed." in shown
    counted = desk.scalars(select(Answer)).one()
    assert (counted.votes, counted.helped) == (1, 1)
    assert desk.scalars(select(RequestDraft)).all() == []
    assert desk.scalars(select(Ticket)).all() == []


def test_an_answer_one_may_not_read_solves_nothing(signed_in):
    assert post(signed_in, solved_form(signed_in), answer="no-such-answer").status_code == 404


def test_how_long_an_answer_takes_is_said_before_sending_where_it_is_known(desk, signed_in):
    assert "had a first answer" not in signed_in.get(FORM).text
    values = {"requests": 9, "counted_at": datetime.now(UTC)}
    desk.add(AnswerTime(scope="group", key="TASSE", minutes=3 * 24 * 60, **values))
    desk.commit()
    assert "half of the requests to this office had a first answer within 3 days." in signed_in.get(FORM).text
    desk.add(AnswerTime(scope="category", key=KEY, minutes=130, **values))
    desk.commit()
    assert "half of the requests on this subject had a first answer within 3 hours." in signed_in.get(FORM).text


@pytest.mark.parametrize("language", [each.code for each in LANGUAGES])
def test_how_long_an_answer_takes_is_said_in_every_language(desk, signed_in, language):
    desk.add(AnswerTime(scope="category", key=KEY, minutes=3 * 24 * 60, requests=9, counted_at=datetime.now(UTC)))
    desk.commit()
    signed_in.get(f"/language/{language}")
    assert "duration-" not in signed_in.get(FORM).text
