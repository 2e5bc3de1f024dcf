"""Staff write answers, submit, publish and retire them; nobody else gets near, and no typed text is lost."""

import pytest
from lxml import html

from tests import factories
from tests.web.conftest import browser, page, post, send

DESK = "/workbench/answers"
PDF = b"%PDF-1.7\n%%EOF\n"
TYPED = {
    "key": "pay-late",
    "category_key": "tasse-mora",
    "kind": "question",
    "audience": "everyone",
    "title_it": "E se pago tardi?",
    "source_it": "C'è una **mora**.",
    "title_en": "What if I pay late?",
    "source_en": "There is a **surcharge**.",
}


def staff(app, desk, sign_in, make):
    made = make(desk, "STAGE")
    desk.commit()
    client = browser(app)
    sign_in(client, made.id)
    return client


@pytest.fixture
def writer(app, desk, sign_in):
    return staff(app, desk, sign_in, factories.technician)


@pytest.fixture
def leader(app, desk, sign_in):
    return staff(app, desk, sign_in, factories.supervisor)


def step(client, name, path=f"{DESK}/edit/pay-late"):
    return send(client, path, f"{path}/{name}")


def test_an_answer_goes_from_draft_over_review_to_its_readers(client, writer, leader):
    assert send(writer, f"{DESK}/new", **TYPED).location == f"{DESK}/edit/pay-late"
    assert "What if I pay late?" in page(writer, DESK).text_content()
    assert step(writer, "submit").status_code == 303
    assert not page(writer, f"{DESK}/edit/pay-late").xpath("//form[contains(@action, '/publish')]")
    page(client, "/answers/pay-late", 404)
    assert step(leader, "publish").status_code == 303
    assert "There is a surcharge." in page(client, "/answers/pay-late").text_content()
    assert "There is a surcharge." in page(writer, f"{DESK}/edit/pay-late/1").text_content()
    assert step(leader, "retire").status_code == 303
    page(client, "/answers/pay-late", 404)


def test_an_incomplete_answer_comes_back_with_what_was_typed(writer):
    answer = send(writer, f"{DESK}/new", **{**TYPED, "title_it": "", "key": "Pay late"})
    assert answer.status_code == 422
    assert "Write the question or the title as well." in answer.text
    assert "There is a **surcharge**." in answer.text
    assert send(writer, f"{DESK}/new", **{**TYPED, "key": "Pay late"}).status_code == 422


def test_whoever_was_slower_keeps_their_text_and_may_replace_the_other(writer, leader):
    send(writer, f"{DESK}/new", **TYPED)
    path = f"{DESK}/edit/pay-late"
    slow = next(form for form in page(leader, path).forms if form.get("action") == path)
    send(writer, path, source_en="First.")
    refused = post(leader, slow, source_en="Second.")
    assert refused.status_code == 422
    assert "A colleague changed this answer" in refused.text
    assert "Second." in refused.text
    again = next(form for form in html.fromstring(refused.text).forms if form.get("action") == path)
    assert post(leader, again).status_code == 303
    assert "Second." in page(writer, f"{path}/1").text_content()


def test_a_student_is_refused(app, desk, sign_in, client):
    made = factories.student(desk)
    desk.commit()
    sign_in(client, made.id)
    for path in (DESK, f"{DESK}/new"):
        page(client, path, 403)
    assert not page(client, "/answers").xpath(f"//main//a[@href='{DESK}']")


def loaded(client, url):
    with client.get(url) as answer:
        return answer.data


def test_a_file_of_a_draft_reaches_readers_with_its_version(client, writer, leader):
    """A form with a mistake keeps the file; nobody but staff gets it before it is published."""
    form = page(writer, f"{DESK}/new").xpath("//main//form[@method='post']")[0]
    sent = [("modulo.pdf", PDF)]
    wrong = post(writer, form, **{**TYPED, "title_it": "", "key": "Pay late"}, files=sent)
    assert wrong.status_code == 422
    again = html.fromstring(wrong.text).xpath("//main//form[@method='post']")[0]
    assert "modulo.pdf" in again.text_content()
    assert post(writer, again, **TYPED).location == f"{DESK}/edit/pay-late"
    url = page(writer, f"{DESK}/edit/pay-late/1").xpath("//a[@download]/@href")[0]
    assert loaded(writer, url) == PDF
    assert client.get(url).status_code == 404
    step(writer, "submit")
    step(leader, "publish")
    assert page(client, "/answers/pay-late").xpath("//a[@download]/@href") == [url]
    assert loaded(client, url) == PDF
    assert client.get(f"/answers/pay-late/files/{'0' * 32}").status_code == 404
