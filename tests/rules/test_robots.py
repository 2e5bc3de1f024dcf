"""Starts and proofs of public forms: what is taken for a person's, and what is not."""

from datetime import timedelta

import pytest

from servicedesk.rules.robots import LIFE, Sent, Terms, Verdict, is_proof, judge, new_start
from tests.factories import NOW
from tests.proofs import solve

TERMS = Terms("s" * 32, 6, timedelta(seconds=4))
FORM = "/external/x/new/login"
LATER = NOW + timedelta(seconds=30)


@pytest.fixture
def start() -> str:
    return new_start(TERMS, FORM, NOW)


def test_a_form_with_its_proof_is_a_persons(start: str) -> None:
    assert judge(TERMS, FORM, Sent(start, solve(start), ""), LATER) is Verdict.PROVED


@pytest.mark.parametrize("proof", ["", "x", "-1", "٣", "1" * 21])
def test_a_form_without_one_has_to_be_confirmed(start: str, proof: str) -> None:
    assert judge(TERMS, FORM, Sent(start, proof, ""), LATER) is Verdict.UNPROVED


def test_a_number_that_solves_nothing_is_no_proof(start: str) -> None:
    wrong = next(str(number) for number in range(1000) if not is_proof(start, str(number)))
    assert judge(TERMS, FORM, Sent(start, wrong, ""), LATER) is Verdict.UNPROVED


def test_nobody_fills_a_form_in_three_seconds(start: str) -> None:
    assert judge(TERMS, FORM, Sent(start, solve(start), ""), NOW + timedelta(seconds=3)) is Verdict.QUICK


def test_whoever_fills_what_nobody_sees_is_in_the_trap(start: str) -> None:
    assert judge(TERMS, FORM, Sent(start, solve(start), "http://example.org"), LATER) is Verdict.TRAPPED


def test_a_start_counts_for_its_own_form_a_day_long_and_not_before(start: str) -> None:
    sent = Sent(start, solve(start), "")
    assert judge(TERMS, "/external/x/new/other", sent, LATER) is Verdict.STALE
    assert judge(TERMS, FORM, sent, NOW + LIFE + timedelta(seconds=1)) is Verdict.STALE
    assert judge(TERMS, FORM, sent, NOW - timedelta(seconds=2)) is Verdict.STALE
    assert judge(Terms("t" * 32, 6, TERMS.fastest), FORM, sent, LATER) is Verdict.STALE


@pytest.mark.parametrize("place", [0, 1, 2, 3])
def test_no_part_of_a_start_can_be_changed(start: str, place: int) -> None:
    parts = start.split(".")
    parts[place] = {0: str(int(parts[0]) - 60), 1: "1"}.get(place, "A" * len(parts[place]))
    assert judge(TERMS, FORM, Sent(".".join(parts), "0", ""), LATER) is Verdict.STALE


@pytest.mark.parametrize("start", ["", "...", "1.2.3", "a.b.c.d", "1.2.3.4.5", "è.2.3.4"])
def test_rubbish_is_no_start(start: str) -> None:
    assert judge(TERMS, FORM, Sent(start, "1", ""), LATER) is Verdict.STALE


def test_two_forms_shown_at_once_are_two_challenges() -> None:
    assert new_start(TERMS, FORM, NOW) != new_start(TERMS, FORM, NOW)
