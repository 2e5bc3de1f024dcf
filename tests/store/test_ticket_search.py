"""Tickets found by their words on both databases: inflected, unfinished, and with signs that mean nothing."""

import pytest

from servicedesk.store.search import matching
from tests import factories

pytestmark = pytest.mark.both_databases


@pytest.fixture
def found(session):
    factories.publish(session)
    student = factories.student(session)
    made = {
        title: factories.ticket(session, requester=student, title=title).id
        for title in ("Problema di iscrizione all'appello", "The certificates of my enrolment", "Città e università")
    }
    actor = factories.actor(session, student)
    return lambda typed: [title for title, id_ in made.items() if id_ in (matching(session, typed, actor) or [])]


@pytest.mark.parametrize(
    ("typed", "title"),
    [
        ("iscrizioni", "Problema di iscrizione all'appello"),
        ("appelli problemi", "Problema di iscrizione all'appello"),
        ("certificate", "The certificates of my enrolment"),
        ("enrolments", "The certificates of my enrolment"),
        ("citta", "Città e università"),
        ("univers", "Città e università"),
    ],
)
def test_a_word_finds_its_other_forms(found, typed, title):
    assert found(typed) == [title]


@pytest.mark.parametrize("typed", ["iscrizione certificates", '" OR "', "appello & | ! zebra", "zebra* OR iscrizione"])
def test_every_word_has_to_be_there_and_no_sign_is_an_operator(found, typed):
    assert found(typed) == []
