"""Single logout, started here or at the provider, by both bindings."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from lxml import etree

from saml import devidp_answers as answers
from saml.bindings import Outgoing, Received, unpack_post, unpack_redirect
from saml.devidp_config import IdpConfig
from saml.errors import Code, SamlError
from saml.logout import (
    MESSAGE_LIFETIME,
    LogoutAsked,
    logout_response,
    read_logout_request,
    read_logout_response,
)
from saml.names import BINDINGS, HTTP_POST, HTTP_REDIRECT, RSA_SHA256
from saml.requests import logout_request
from saml.responses import SignIn
from tests.saml.desk import IDP_BASE, NOW, Desk, document, encoded, received_from
from tests.saml.edits import one
from tests.saml.forge import Pair, new_pair, sign_weakly


def signed_in(desk: Desk) -> SignIn:
    """Return the sign-in of a student whose session at the provider runs."""
    return desk.read(desk.answer_for("l.studente2")["SAMLResponse"])


def asked_of_us(desk: Desk, binding: str) -> Outgoing:
    """Return a provider's request to end a session."""
    return answers.logout_request(desk.config, desk.service, "_name", "_session", binding, desk.now)


def delivered(outgoing: Outgoing) -> Received:
    """Return the message as the service receives it."""
    if outgoing.binding == HTTP_POST:
        return unpack_post(outgoing.fields)
    return unpack_redirect(outgoing.url.partition("?")[2])


def refused(desk: Desk, received: Received) -> Code:
    """Return why a LogoutRequest is refused."""
    with pytest.raises(SamlError) as caught:
        read_logout_request(desk.profile, desk.registry, received, now=desk.now)
    return caught.value.code


@pytest.mark.parametrize("binding", BINDINGS)
def test_signing_out_here_ends_the_session_at_the_provider(desk: Desk, binding: str) -> None:
    signin = signed_in(desk)
    outgoing = logout_request(
        desk.profile,
        desk.provider,
        signin.name_id,
        [signin.session_index],
        relay_state="after",
        now=desk.now,
        binding=binding,
    )
    page = desk.carry(outgoing) if binding == HTTP_POST else desk.browser.get(outgoing.url.removeprefix(IDP_BASE))
    answered = read_logout_response(
        desk.profile, desk.registry, received_from(page), request_id=outgoing.message_id, now=desk.now
    )
    assert (answered.complete, answered.relay_state) == (True, "after")
    assert "asked" in desk.carry(desk.ask()).text, "the provider must ask again who it is"


def test_an_answer_to_another_logout_is_refused(desk: Desk) -> None:
    outgoing = answers.logout_response(desk.config, desk.service, HTTP_POST, "_one", "", desk.now)
    with pytest.raises(SamlError) as caught:
        read_logout_response(desk.profile, desk.registry, delivered(outgoing), request_id="_two", now=desk.now)
    assert caught.value.code == Code.NO_REQUEST


def test_signing_out_at_the_provider_asks_us_and_takes_our_answer(desk: Desk) -> None:
    signin = signed_in(desk)
    page = desk.browser.post("/logout", base_url=IDP_BASE)
    asked = read_logout_request(desk.profile, desk.registry, received_from(page), now=desk.now)
    assert (asked.name_id, asked.session_indexes) == (signin.name_id, (signin.session_index,))
    answer = logout_response(desk.profile, desk.provider, asked, complete=True, now=desk.now)
    assert "Sei uscito da tutti i servizi" in desk.carry(answer).text


@pytest.mark.parametrize("binding", BINDINGS)
def test_a_logout_request_gives_back_whom_it_is_about(desk: Desk, binding: str) -> None:
    asked = read_logout_request(desk.profile, desk.registry, delivered(asked_of_us(desk, binding)), now=desk.now)
    assert isinstance(asked, LogoutAsked)
    assert (asked.name_id.value, asked.session_indexes, asked.binding) == ("_name", ("_session",), binding)


def test_an_incomplete_logout_says_so(desk: Desk) -> None:
    asked = read_logout_request(desk.profile, desk.registry, delivered(asked_of_us(desk, HTTP_POST)), now=desk.now)
    answer = logout_response(desk.profile, desk.provider, asked, complete=False, now=desk.now)
    assert b"PartialLogout" in xml_of(answer)


def xml_of(outgoing: Outgoing) -> bytes:
    return etree.tostring(document(outgoing.fields["SAMLResponse"]))


def test_an_unsigned_posted_logout_is_refused(desk: Desk) -> None:
    root = document(asked_of_us(desk, HTTP_POST).fields["SAMLRequest"])
    root.remove(one(root, "ds:Signature"))
    assert refused(desk, unpack_post({"SAMLRequest": encoded(root)})) == Code.UNSIGNED


def test_an_unsigned_logout_in_the_query_is_refused(desk: Desk) -> None:
    query = asked_of_us(desk, HTTP_REDIRECT).url.partition("?")[2]
    assert refused(desk, unpack_redirect(query.partition("&SigAlg")[0])) == Code.UNSIGNED


def test_a_signature_inside_the_document_does_not_replace_that_of_the_query(desk: Desk) -> None:
    posted = delivered(asked_of_us(desk, HTTP_POST))
    moved = Received(posted.kind, HTTP_REDIRECT, posted.root, "")
    assert refused(desk, moved) == Code.UNSIGNED


@pytest.mark.parametrize("binding", BINDINGS)
def test_a_logout_signed_by_somebody_else_is_refused(desk: Desk, binding: str, tmp_path: Path) -> None:
    stranger = new_pair(tmp_path)
    desk.config = signing_with(desk, stranger)
    assert refused(desk, delivered(asked_of_us(desk, binding))) == Code.BAD_SIGNATURE


def signing_with(desk: Desk, pair: Pair) -> IdpConfig:
    return replace(desk.config, key_pem=pair.key_pem, certificate_pem=pair.certificate_pem)


def test_a_posted_logout_changed_after_signing_is_refused(desk: Desk) -> None:
    root = document(asked_of_us(desk, HTTP_POST).fields["SAMLRequest"])
    one(root, "saml:NameID").text = "_somebody_else"
    assert refused(desk, unpack_post({"SAMLRequest": encoded(root)})) == Code.BAD_SIGNATURE


def test_a_relay_state_added_after_signing_is_refused(desk: Desk) -> None:
    query = asked_of_us(desk, HTTP_REDIRECT).url.partition("?")[2]
    assert refused(desk, unpack_redirect(f"{query}&RelayState=elsewhere")) == Code.BAD_SIGNATURE


def test_a_repeated_parameter_is_refused(desk: Desk) -> None:
    query = asked_of_us(desk, HTTP_REDIRECT).url.partition("?")[2]
    with pytest.raises(SamlError) as caught:
        unpack_redirect(f"{query}&SigAlg={RSA_SHA256}")
    assert caught.value.code == Code.MALFORMED


def test_sha1_is_refused_in_a_query_signature(desk: Desk) -> None:
    received = delivered(asked_of_us(desk, HTTP_REDIRECT))
    weak = replace(received, algorithm="http://www.w3.org/2000/09/xmldsig#rsa-sha1")
    assert refused(desk, weak) == Code.WEAK_ALGORITHM


def test_sha1_is_refused_in_a_posted_logout(desk: Desk) -> None:
    root = document(asked_of_us(desk, HTTP_POST).fields["SAMLRequest"])
    root.remove(one(root, "ds:Signature"))
    sign_weakly(root, desk.config, "TransformRsaSha1", "TransformSha1")
    assert refused(desk, unpack_post({"SAMLRequest": encoded(root)})) == Code.WEAK_ALGORITHM


def test_a_logout_for_another_address_is_refused(desk: Desk) -> None:
    service = replace(desk.service, slo={HTTP_POST: f"{desk.profile.slo_url}/other"})
    outgoing = answers.logout_request(desk.config, service, "_name", "_session", HTTP_POST, desk.now)
    assert refused(desk, delivered(outgoing)) == Code.WRONG_DESTINATION


def test_a_logout_of_an_unknown_provider_is_refused(desk: Desk) -> None:
    desk.config = replace(desk.config, base_url="https://unknown.example")
    assert refused(desk, delivered(asked_of_us(desk, HTTP_POST))) == Code.UNKNOWN_PROVIDER


def test_an_answer_where_a_request_is_expected_is_refused(desk: Desk) -> None:
    outgoing = answers.logout_response(desk.config, desk.service, HTTP_POST, "_one", "", desk.now)
    assert refused(desk, delivered(outgoing)) == Code.WRONG_ROOT


def test_a_stale_logout_is_refused(desk: Desk) -> None:
    received = delivered(asked_of_us(desk, HTTP_POST))
    desk.now = NOW + answers.VALIDITY + desk.profile.skew
    assert refused(desk, received) == Code.EXPIRED
    desk.now -= timedelta(seconds=1)
    assert read_logout_request(desk.profile, desk.registry, received, now=desk.now).id


def test_an_old_logout_answer_and_one_from_the_future_are_refused(desk: Desk) -> None:
    received = delivered(answers.logout_response(desk.config, desk.service, HTTP_POST, "_one", "", NOW))
    for now, code in (
        (NOW + MESSAGE_LIFETIME + desk.profile.skew + timedelta(seconds=1), Code.EXPIRED),
        (NOW - desk.profile.skew - timedelta(seconds=1), Code.TOO_EARLY),
    ):
        with pytest.raises(SamlError) as caught:
            read_logout_response(desk.profile, desk.registry, received, request_id="_one", now=now)
        assert caught.value.code == code


def test_a_provider_without_single_logout_is_an_error_with_a_sentence(desk: Desk) -> None:
    silent = replace(desk.provider, slo={})
    with pytest.raises(SamlError) as caught:
        logout_request(desk.profile, silent, signed_in(desk).name_id, [], relay_state="", now=desk.now)
    assert caught.value.code == Code.NO_ADDRESS
