"""How messages travel: the limits of what is unpacked, and what must survive the trip."""

import base64
import zlib
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from saml.bindings import MAX_RELAY_STATE, pack, unpack_post, unpack_redirect, verify
from saml.errors import SENTENCES, Code, SamlError
from saml.names import BINDINGS, DEFLATE, HTTP_POST, HTTP_REDIRECT, SAMLP, tag
from saml.profile import load_profile
from saml.requests import message
from saml.responses import PendingRequest
from saml.safexml import MAX_ENCODED, MAX_XML
from tests.saml.desk import BASE, CONFIG, NOW, Desk, encoded
from tests.saml.forge import forged

PROFILE = load_profile(CONFIG / "university.toml", BASE)


def request() -> etree._Element:
    return message("LogoutRequest", PROFILE.entity_id, "https://idp.example/slo", NOW)


def query_of(xml: bytes) -> str:
    deflated = zlib.compress(xml, 9)[2:-4]
    return f"SAMLRequest={quote(base64.b64encode(deflated).decode(), safe='')}"


def code_of(query: str) -> Code:
    with pytest.raises(SamlError) as caught:
        unpack_redirect(query)
    return caught.value.code


@given(relay_state=st.text(st.characters(codec="utf-8"), max_size=40))
def test_any_relay_state_survives_both_bindings_and_the_signature_holds(relay_state: str) -> None:
    for binding in BINDINGS:
        outgoing = pack(binding, "https://idp.example/slo", "SAMLRequest", request(), relay_state, PROFILE)
        query = outgoing.url.partition("?")[2]
        received = unpack_post(outgoing.fields) if binding == HTTP_POST else unpack_redirect(query)
        verify(received, [PROFILE.certificate_pem], PROFILE)
        assert received.relay_state == relay_state


def test_an_address_that_has_a_query_keeps_it() -> None:
    url = pack(HTTP_REDIRECT, "https://idp.example/slo?a=1", "SAMLRequest", request(), "", PROFILE).url
    assert url.startswith("https://idp.example/slo?a=1&SAMLRequest=")


def test_a_senders_own_spelling_of_the_query_is_what_is_verified() -> None:
    url = pack(HTTP_REDIRECT, "https://idp.example/slo", "SAMLRequest", request(), "a b", PROFILE).url
    query = url.partition("?")[2]
    respelled = unpack_redirect(query.replace("%20", "+"))
    assert respelled.relay_state == "a b"
    with pytest.raises(SamlError) as caught:
        verify(respelled, [PROFILE.certificate_pem], PROFILE)
    assert caught.value.code == Code.BAD_SIGNATURE


def test_a_bomb_is_refused_without_being_unpacked() -> None:
    assert code_of(query_of(b"<a>" + b" " * 20_000_000 + b"</a>")) == Code.TOO_LARGE


def test_a_long_query_is_refused() -> None:
    assert code_of("SAMLRequest=" + "A" * MAX_ENCODED) == Code.TOO_LARGE


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("", Code.MALFORMED),
        ("RelayState=x", Code.MALFORMED),
        ("SAMLRequest=AAAA&SAMLResponse=AAAA", Code.MALFORMED),
        ("SAMLRequest=AAAA&SAMLEncoding=other", Code.MALFORMED),
        ("SAMLRequest=%2A", Code.NOT_BASE64),
        ("SAMLRequest=/////w==", Code.MALFORMED),
        (query_of(b"<a"), Code.NOT_XML),
        (query_of(b"<!DOCTYPE a><a/>"), Code.DTD),
        (query_of(b"<a><!-- --></a>"), Code.MALFORMED),
        (query_of(b"<a/><!-- -->"), Code.MALFORMED),
        (query_of(b"<a/>") + "&RelayState=" + "x" * (MAX_RELAY_STATE + 1), Code.TOO_LARGE),
    ],
)
def test_a_broken_query_is_refused(query: str, code: Code) -> None:
    assert code_of(query) == code


def test_the_encoding_may_be_named() -> None:
    received = unpack_redirect(f"{query_of(etree.tostring(request()))}&SAMLEncoding={quote(DEFLATE, safe='')}")
    assert received.root.tag == tag(SAMLP, "LogoutRequest")


def test_deeply_nested_xml_is_refused() -> None:
    depth = MAX_XML // 8
    assert code_of(query_of(b"<a>" * depth + b"</a>" * depth)) == Code.NOT_XML


def test_every_code_has_a_sentence_that_says_what_to_do() -> None:
    assert all(SamlError(code, "").sentence.endswith(".") for code in Code)
    assert set(SENTENCES) <= set(Code)


def test_no_changed_byte_signs_in_somebody_else(desk: Desk) -> None:
    outgoing = desk.ask()
    whole = base64.b64decode(encoded(forged(desk, outgoing)))
    expected = desk.read(base64.b64encode(whole).decode())

    @given(place=st.integers(0, len(whole) - 1), value=st.integers(0, 255))
    def check(place: int, value: int) -> None:
        changed = whole[:place] + bytes([value]) + whole[place + 1 :]
        desk.pending.requests[outgoing.message_id] = PendingRequest(outgoing.message_id, expected.idp, NOW)
        desk.used.ids.clear()
        try:
            assert desk.read(base64.b64encode(changed).decode()) == expected
        except SamlError:
            assert changed != whole

    check()
