"""Answers found by words, on both databases alike, and only by those who may read them."""

import pytest
import sqlalchemy as sa

from servicedesk.actions.answers import import_answer
from servicedesk.gateways.answer_files import read_folder
from servicedesk.rules.permissions import Actor, ActorKind
from servicedesk.settings import ROOT
from servicedesk.store.answer_search import answers_fitting
from servicedesk.web.access import NOBODY as VISITOR
from tests import factories
from tests.factories import NOW
from tests.store.plans import full_scans, plans
from tests.web.conftest import publish

pytestmark = pytest.mark.both_databases
STUDENT = Actor(ActorKind.PERSON, 1, audiences=frozenset({"student"}))


@pytest.fixture(autouse=True)
def published(session):
    publish(session)
    for key, written in read_folder(ROOT / "config" / "demo" / "answers").items():
        import_answer(session, key, written, "command:test", NOW)


def found(session, typed, locale="it", actor=STUDENT, most=10):
    return [row.key for row in answers_fitting(session, actor, typed, locale, most)]


@pytest.mark.parametrize(
    ("typed", "locale", "key"),
    [
        ("quanto è la mora", "it", "mora-quanto"),
        ("late surcharge", "en", "mora-quanto"),
        ("pasword dimenticata", "it", "accesso-password-dimenticata"),
        ("rimborsi", "it", "rimborso-tempi"),
        ("diploma suppl", "en", "diploma-supplement-come"),
    ],
)
def test_words_in_either_language_mistyped_or_unfinished_find_the_answer(session, typed, locale, key):
    assert found(session, typed, locale)[0] == key


def test_an_answer_is_found_only_by_those_who_may_read_it(session):
    assert "mora-quanto" in found(session, "mora")
    assert "mora-quanto" not in found(session, "mora", actor=VISITOR)


def test_a_newly_published_text_is_found_at_once_and_the_one_it_replaces_no_more(session):
    factories.answer(session, "new", "tasse-mora", en="The zebra pays nothing.")
    assert found(session, "zebra", "en") == ["new"]
    factories.answer(session, "new", "tasse-mora", en="The giraffe pays nothing.")
    assert found(session, "zebra", "en") == []
    assert found(session, "giraffe", "en") == ["new"]


def test_the_ten_best_are_the_same_on_both_databases(session):
    assert found(session, "domanda di iscrizione al portale entro la scadenza") == [
        "accesso-spid-dati",
        "borsa-domanda-quando",
        "rinnovo-quando",
        "passaggio-scadenza",
        "rinnovo-sotto-condizione",
        "rimborso-tempi",
        "alloggio-conferma",
        "immatricolazione-medicina-costo",
        "accesso-password-dimenticata",
        "graduatoria-scorrimento",
    ]


def test_no_more_than_asked_for_come_back_and_nothing_for_nothing(session):
    assert len(found(session, "domanda", most=3)) == 3
    assert found(session, "") == found(session, "qwertyuiop") == []


def test_a_search_reads_no_whole_table(session):
    if session.get_bind().dialect.name != "sqlite":
        session.execute(sa.text("SET LOCAL enable_seqscan = off"))
    found(session, "mora")
    plan = plans(session, lambda: found(session, "mora"))
    assert list(full_scans(plan, "answer")) == []


def test_an_answer_is_found_by_what_people_call_its_subject(session):
    """No answer holds the word: it is a synonym of the category that the answer is about."""
    assert "mora-quanto" in found(session, "multa")[:3]
