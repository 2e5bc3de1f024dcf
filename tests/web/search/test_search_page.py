"""The one search, as the page shows it."""

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from tests import factories
from tests.web.conftest import browser, page


def found(client: FlaskClient, words: str, group: str = "subjects") -> list[str]:
    shown = page(client, f"/search?q={words}")
    return list(shown.xpath(f"//div[@id='found']//section[@aria-labelledby='found-{group}']//a/@href"))


@pytest.mark.both_databases
def test_words_find_subjects_the_best_first_and_no_more_than_ten(signed_in: FlaskClient) -> None:
    assert found(signed_in, "esonro")[0] == "/catalogue/tasse-esoneri"
    assert len(found(signed_in, "corso")) == 10


def test_the_search_shows_only_what_the_person_may_ask(app: Flask, signed_in: FlaskClient) -> None:
    assert "/catalogue/personale-aule" not in found(signed_in, "projector")
    assert found(browser(app), "exemption") == []
    assert found(browser(app), "login") == ["/catalogue/accesso-login"]


@pytest.mark.both_databases
def test_answers_stand_in_a_group_of_their_own_for_those_who_may_read_them(
    app: Flask, desk: Session, signed_in: FlaskClient
) -> None:
    factories.answer(desk, "how-to-pay", "tasse-pagamenti", "student", en="Pay through pagoPA.")
    desk.commit()
    assert found(signed_in, "pagopa", "answers") == ["/answers/how-to-pay"]
    assert found(browser(app), "pagopa", "answers") == []
    assert found(signed_in, "pagopa", "documents") == []


def test_a_search_without_result_says_what_to_do_and_shows_the_words_as_typed(signed_in: FlaskClient) -> None:
    answer = signed_in.get("/search?q=<img src=xyzzy>")
    assert "<img src=xyzzy" not in answer.text
    assert "Nothing fits “&lt;img src=xyzzy&gt;”" in answer.text
    assert "Try other or fewer words" in answer.text


def test_the_home_page_has_the_search(signed_in: FlaskClient) -> None:
    form = page(signed_in, "/").xpath("//main//form[@role='search']")[0]
    assert form.get("action") == "/search"
    assert form.xpath(".//input/@hx-get") == ["/search"]


def test_words_of_any_length_are_cut_and_answered(signed_in: FlaskClient) -> None:
    assert signed_in.get(f"/search?q={'parola ' * 500}").status_code == 200
