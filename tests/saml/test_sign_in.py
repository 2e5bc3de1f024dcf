"""Signing in by a real exchange with the demo identity provider."""

from datetime import timedelta

import pytest

from saml.errors import Code, SamlError
from saml.names import HTTP_POST, HTTP_REDIRECT, TRANSIENT
from saml.responses import REQUEST_LIFETIME, mapped
from tests.saml.desk import NOW, Desk, form_fields, form_target


@pytest.mark.parametrize("binding", [HTTP_REDIRECT, HTTP_POST])
def test_a_student_signs_in_by_either_binding(desk: Desk, binding: str) -> None:
    outgoing = desk.ask(binding)
    page = desk.choose(desk.carry(outgoing), "l.studente2")
    assert form_target(page) == desk.profile.acs_url
    fields = form_fields(page)
    assert fields["RelayState"] == "token"
    signin = desk.read(fields["SAMLResponse"])
    assert (signin.idp, signin.request_id) == (desk.config.entity_id, outgoing.message_id)
    assert signin.name_id.format == TRANSIENT
    assert signin.session_index
    assert signin.not_on_or_after == NOW + timedelta(hours=8)
    assert mapped(desk.profile, signin) == {
        "principal": ("l.studente2@unidemo.example",),
        "fiscal_code": ("STDLCU03D52X999N",),
        "given_name": ("Lucia",),
        "family_name": ("Studente",),
        "email": ("l.studente2@studenti.unidemo.example",),
        "student_number": ("722431",),
        "affiliation": ("student@unidemo.example", "member@unidemo.example"),
    }


def test_a_technician_brings_an_employee_number_and_no_student_number(desk: Desk) -> None:
    names = mapped(desk.profile, desk.read(desk.answer_for("a.sportelli")["SAMLResponse"]))
    assert names["employee_number"] == ("067010",)
    assert "student_number" not in names


def test_the_provider_remembers_who_is_signed_in(desk: Desk) -> None:
    desk.read(desk.answer_for("m.ingegneri")["SAMLResponse"])
    again = form_fields(desk.carry(desk.ask()))
    assert mapped(desk.profile, desk.read(again["SAMLResponse"]))["given_name"] == ("Marco",)


def test_a_forced_sign_in_asks_again_who_it_is(desk: Desk) -> None:
    desk.read(desk.answer_for("m.ingegneri")["SAMLResponse"])
    desk.now += timedelta(hours=1)
    signin = desk.read(desk.answer_for("s.saggi", desk.ask(force=True))["SAMLResponse"])
    assert mapped(desk.profile, signin)["given_name"] == ("Sofia",)


def test_an_old_authentication_does_not_satisfy_a_forced_sign_in(desk: Desk) -> None:
    desk.read(desk.answer_for("m.ingegneri")["SAMLResponse"])
    desk.now += timedelta(hours=1)
    outgoing = desk.ask()
    request = desk.pending.requests[outgoing.message_id]
    desk.pending.requests[request.id] = type(request)(request.id, request.idp, request.issued_at, forced=True)
    with pytest.raises(SamlError) as caught:
        desk.read(form_fields(desk.carry(outgoing))["SAMLResponse"])
    assert caught.value.code == Code.NO_AUTHENTICATION


def test_cancelling_brings_back_a_sentence_and_keeps_the_request(desk: Desk) -> None:
    outgoing = desk.ask()
    fields = desk.answer_for("", outgoing)
    with pytest.raises(SamlError) as caught:
        desk.read(fields["SAMLResponse"])
    assert caught.value.code == Code.AUTHN_FAILED
    assert "cancelled" in caught.value.sentence
    assert outgoing.message_id in desk.pending.requests


def test_an_answer_serves_once(desk: Desk) -> None:
    outgoing = desk.ask()
    answer = desk.answer_for("l.studente2", outgoing)["SAMLResponse"]
    desk.read(answer)
    with pytest.raises(SamlError) as caught:
        desk.read(answer, bound=[outgoing.message_id])
    assert caught.value.code == Code.REPLAY


def test_an_assertion_serves_once_even_if_its_request_came_back(desk: Desk) -> None:
    outgoing = desk.ask()
    request = desk.pending.requests[outgoing.message_id]
    answer = desk.answer_for("l.studente2", outgoing)["SAMLResponse"]
    desk.read(answer)
    desk.pending.requests[request.id] = request
    with pytest.raises(SamlError) as caught:
        desk.read(answer)
    assert caught.value.code == Code.REPLAY


def test_an_assertion_is_remembered_until_it_expires_by_itself(desk: Desk) -> None:
    desk.read(desk.answer_for("l.studente2")["SAMLResponse"])
    assert list(desk.used.ids.values()) == [NOW + timedelta(minutes=5) + desk.profile.skew]


def test_an_answer_in_another_browser_is_refused_and_consumes_nothing(desk: Desk) -> None:
    outgoing = desk.ask()
    answer = desk.answer_for("l.studente2", outgoing)["SAMLResponse"]
    with pytest.raises(SamlError) as caught:
        desk.read(answer, bound=["_another"])
    assert caught.value.code == Code.OTHER_BROWSER
    assert desk.read(answer).request_id == outgoing.message_id


def test_a_request_answered_too_late_is_refused(desk: Desk) -> None:
    outgoing = desk.ask()
    page = desk.carry(outgoing)
    desk.now += REQUEST_LIFETIME - timedelta(seconds=1)
    answer = form_fields(desk.choose(page, "l.studente2"))["SAMLResponse"]
    desk.now += timedelta(seconds=1)
    with pytest.raises(SamlError) as caught:
        desk.read(answer)
    assert caught.value.code == Code.NO_REQUEST


def test_two_sign_ins_in_two_tabs_both_succeed(desk: Desk) -> None:
    first, second = desk.ask(), desk.ask()
    pages = [desk.carry(each) for each in (first, second)]
    signins = [desk.read(form_fields(desk.choose(page, "l.studente2"))["SAMLResponse"]) for page in pages]
    assert [each.request_id for each in signins] == [first.message_id, second.message_id]
