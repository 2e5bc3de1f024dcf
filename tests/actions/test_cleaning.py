"""What is forgotten, and what is kept."""

from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from servicedesk.actions import cleaning
from servicedesk.actions.files import note_draft
from servicedesk.store.models.people import LoginSession
from servicedesk.store.models.system import FormKey, ParkedForm, RateCount, SignInRequest, UsedAssertion
from tests import factories
from tests.factories import NOW, later


def login(session: Session, token: str, expires_at: datetime, ended_at: datetime | None = None) -> LoginSession:
    return LoginSession(
        token_hash=token,
        person_id=factories.person(session).id,
        provider="p",
        name_id="n",
        name_id_format="f",
        session_index="i",
        started_at=NOW,
        last_seen=NOW,
        expires_at=expires_at,
        ended_at=ended_at,
    )


def request(name: str, expires_at: datetime) -> SignInRequest:
    return SignInRequest(
        id=name,
        provider="p",
        browser_hash="b",
        relay_token=name,
        next_path="/",
        issued_at=NOW,
        expires_at=expires_at,
    )


def test_sign_ins_keys_counts_and_kept_forms_go_when_their_time_is_over(session: Session) -> None:
    past, future, second = later(seconds=-1), later(hours=1), timedelta(seconds=1)
    session.add_all(
        [
            login(session, "old", past),
            login(session, "ended", future, ended_at=past),
            login(session, "good", future),
            request("old", past),
            request("good", future),
            UsedAssertion(id_hash="old", expires_at=NOW - timedelta(hours=1) - second),
            UsedAssertion(id_hash="good", expires_at=NOW - timedelta(hours=1) + second),
            FormKey(key_hash="old", made="x", used_at=NOW - timedelta(days=7) - second),
            FormKey(key_hash="good", made="x", used_at=NOW - timedelta(days=7) + second),
            RateCount(key="old", count=1, expires_at=past),
            RateCount(key="good", count=1, expires_at=future),
            ParkedForm(token_hash="old", path="/", fields={}, expires_at=past),
            ParkedForm(token_hash="good", path="/", fields={}, expires_at=future),
        ]
    )
    session.flush()
    assert cleaning.forget_overdue(session, NOW) == 7
    kept = (LoginSession.token_hash, SignInRequest.id, UsedAssertion.id_hash, FormKey.key_hash)
    assert [session.scalars(sa.select(column)).all() for column in kept] == [["good"]] * 4
    assert session.scalars(sa.select(RateCount.key)).all() == ["good"]
    assert session.scalars(sa.select(ParkedForm.token_hash)).all() == ["good"]


def test_a_stored_file_is_unknown_when_no_upload_names_it(session: Session) -> None:
    note_draft(session, "a" * 32, "form", "x.pdf", "application/pdf", 1, "0" * 64, NOW)
    assert cleaning.unknown_files(session, ["a" * 32, "b" * 32]) == ["b" * 32]
    assert cleaning.unknown_files(session, []) == []
