"""Sessions are known by a hash, end here or at the provider, and expire; requests and assertions count once."""

from dataclasses import replace
from datetime import timedelta

import sqlalchemy as sa

from servicedesk.actions.sessions import AtProvider, end, end_at_provider, start, touch
from servicedesk.store import sign_in
from servicedesk.store.models.people import LoginSession
from servicedesk.store.sessions import running
from tests.factories import NOW, person

IDP = "https://idp.example.org/metadata"
IDLE = timedelta(hours=3)
LIFE = timedelta(hours=12)
MINUTE = timedelta(minutes=1)


def begin(session, index: str = "_1", name_id: str = "lucia") -> str:
    return start(session, person(session).id, AtProvider(IDP, name_id, session_index=index), NOW + LIFE, NOW)


def test_only_the_hash_of_the_token_is_kept(session):
    token = begin(session)
    assert running(session, token, IDLE, NOW) is not None
    assert running(session, "another", IDLE, NOW) is None
    assert session.scalars(sa.select(LoginSession.token_hash)).one() not in (token, "")


def test_a_session_unused_for_too_long_is_over_unless_it_was_used(session):
    token = begin(session)
    assert running(session, token, IDLE, NOW + IDLE - MINUTE)
    assert running(session, token, IDLE, NOW + IDLE) is None
    touch(session, running(session, token, IDLE, NOW).id, NOW + timedelta(hours=2))
    assert running(session, token, IDLE, NOW + IDLE)


def test_a_session_is_over_at_its_end_however_much_it_was_used(session):
    token = begin(session)
    touch(session, running(session, token, IDLE, NOW).id, NOW + LIFE - MINUTE)
    assert running(session, token, IDLE, NOW + LIFE - MINUTE)
    assert running(session, token, IDLE, NOW + LIFE) is None


def test_ending_says_where_the_session_came_from_once(session):
    token = begin(session)
    found = running(session, token, IDLE, NOW)
    assert end(session, found.id, NOW) == AtProvider(IDP, "lucia", session_index="_1")
    assert end(session, found.id, NOW) is None
    assert running(session, token, IDLE, NOW) is None


def test_the_provider_ends_the_sessions_it_names_and_no_other(session):
    first, second, other = begin(session, "_1"), begin(session, "_2"), begin(session, "_1", "marco")
    assert end_at_provider(session, "", "https://another.example.org", "lucia", [], NOW) == 0
    assert end_at_provider(session, "", IDP, "lucia", ["_1"], NOW) == 1
    assert [bool(running(session, token, IDLE, NOW)) for token in (first, second, other)] == [False, True, True]
    assert end_at_provider(session, "", IDP, "lucia", [], NOW) == 1
    assert running(session, other, IDLE, NOW)


def asked(request_id: str = "_r1") -> sign_in.Asked:
    return sign_in.Asked(request_id, IDP, f"relay{request_id}", "/tickets", None, NOW, NOW + timedelta(minutes=30))


def test_a_request_belongs_to_its_browser_and_is_taken_once(session):
    sign_in.add(session, asked(), "browser")
    assert sign_in.ids_of(session, "browser", NOW) == {"_r1"}
    assert not sign_in.ids_of(session, "another", NOW)
    assert sign_in.find(session, "_r1", NOW) == asked()
    assert [sign_in.take(session, "_r1", NOW) for _ in range(2)] == [True, False]
    assert sign_in.find(session, "_r1", NOW) is None
    assert sign_in.taken(session, "_r1").next_path == "/tickets"


def test_a_request_expires(session):
    sign_in.add(session, asked(), "browser")
    late = NOW + timedelta(minutes=30)
    assert not sign_in.ids_of(session, "browser", late)
    assert sign_in.find(session, "_r1", late) is None
    assert not sign_in.take(session, "_r1", late)


def test_the_way_back_is_told_to_the_same_browser_only(session):
    sign_in.add(session, asked(), "browser")
    assert sign_in.meant(session, "browser", "", "relay_r1") == asked()
    assert sign_in.meant(session, "another", "_r1", "relay_r1") is None


def test_the_request_that_an_answer_names_counts_before_the_relay_state(session):
    for name in ("_r1", "_r2"):
        sign_in.add(session, asked(name), "browser")
    assert sign_in.meant(session, "browser", "_r2", "relay_r1") == asked("_r2")
    assert sign_in.meant(session, "browser", "_unknown", "relay_r1") == asked("_r1")
    assert sign_in.meant(session, "browser", "", "") is None


def test_of_too_many_requests_in_one_browser_the_oldest_give_way(session):
    for number in range(sign_in.MOST_OPEN + 3):
        later = replace(asked(f"_r{number}"), issued_at=NOW + number * timedelta(seconds=1))
        sign_in.add(session, later, "browser")
    sign_in.add(session, asked("_other"), "another")
    kept = sign_in.ids_of(session, "browser", NOW)
    assert len(kept) == sign_in.MOST_OPEN
    assert not {"_r0", "_r1", "_r2"} & kept and sign_in.ids_of(session, "another", NOW) == {"_other"}


def test_a_session_keeps_its_federation_and_level(session):
    at = AtProvider(IDP, "lucia", profile="spid", level=2)
    token = start(session, person(session).id, at, NOW + LIFE, NOW)
    found = running(session, token, IDLE, NOW)
    assert (found.profile, found.provider, found.level) == ("spid", IDP, 2)


def test_a_provider_known_to_two_federations_ends_sessions_of_the_one_it_speaks_for(session):
    tokens = {
        name: start(session, person(session).id, AtProvider(IDP, "lucia", profile=name), NOW + LIFE, NOW)
        for name in ("spid", "idem")
    }
    assert end_at_provider(session, "spid", IDP, "lucia", [], NOW) == 1
    assert running(session, tokens["spid"], IDLE, NOW) is None and running(session, tokens["idem"], IDLE, NOW)


def test_an_assertion_is_remembered_once(session):
    until = NOW + timedelta(minutes=5)
    assert [sign_in.remember_assertion(session, "idp _a1", until) for _ in range(2)] == [True, False]
    assert sign_in.remember_assertion(session, "idp _a2", until)
