"""`/metrics`: the same figures from every worker, for monitoring alone."""

from datetime import UTC, datetime

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy.orm import Session

from servicedesk.actions import refusals
from servicedesk.actions.alarms import raise_alarm
from servicedesk.rules.lifecycle import State
from servicedesk.rules.sentences import Sentence
from servicedesk.store import leases
from servicedesk.store.models.notices import Notice
from tests import factories
from tests.web.queries import count_queries

NOW = datetime.now(UTC)
TOKEN = "a token that monitoring knows"
Figure = tuple[str, tuple[tuple[str, str], ...]]


def figures(client: FlaskClient) -> dict[Figure, float]:
    answer = client.get("/metrics")
    assert answer.status_code == 200 and answer.content_type.startswith("text/plain; version=")
    families = text_string_to_metric_families(answer.text)
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in families
        for sample in family.samples
    }


def labelled(name: str, **labels: str) -> Figure:
    return name, tuple(sorted(labels.items()))


@pytest.mark.both_databases
def test_the_figures_are_those_of_the_database(client: FlaskClient, desk: Session) -> None:
    factories.publish(desk)
    for state in (State.RESOLVED, State.RESOLVED, State.CLOSED):
        factories.ticket(desk, state=state)
    desk.execute(sa.update(Notice).values(state="sent"))
    desk.execute(
        sa.update(Notice).where(Notice.id == sa.select(sa.func.max(Notice.id)).scalar_subquery()).values(state="failed")
    )
    refusals.note_accepted(desk, profile="spid", provider="https://poste.example/", now=NOW)
    for _ in range(2):
        refusals.note(desk, profile="spid", provider="", code="replay", pseudonym="x", now=NOW)
    raise_alarm(desk, "one", Sentence("One."), NOW)
    for name, result in (("clean", "3 rows"), ("expire", "failed: OSError: disk")):
        lease = leases.take(desk, name, "me", 60, None)
        assert lease
        leases.finish(desk, lease, result)
    desk.commit()
    found = figures(client)
    accepted = {"profile": "spid", "provider": "https://poste.example/", "code": "accepted"}
    assert found[labelled("servicedesk_sign_ins_total", **accepted)] == 1
    assert found[labelled("servicedesk_sign_ins_total", profile="spid", provider="", code="replay")] == 2
    assert found[labelled("servicedesk_open_tickets", state="resolved")] == 2
    assert labelled("servicedesk_open_tickets", state="closed") not in found
    assert found[labelled("servicedesk_mails", state="failed")] == 1
    assert found[labelled("servicedesk_mails", state="waiting")] == 0
    assert found[labelled("servicedesk_alarms_open")] == 1
    assert found[labelled("servicedesk_job_failed", job="expire")] == 1
    assert found[labelled("servicedesk_job_failed", job="clean")] == 0
    ended = found[labelled("servicedesk_job_last_end_timestamp_seconds", job="clean")]
    assert NOW.timestamp() <= ended + 1 and ended <= datetime.now(UTC).timestamp() + 1


def test_the_same_is_answered_twice_and_nothing_is_counted_by_the_process(client: FlaskClient) -> None:
    assert figures(client) == figures(client)
    assert not [name for name, _labels in figures(client) if not name.startswith("servicedesk_")]


def test_the_figures_take_a_fixed_number_of_questions(app: Flask, client: FlaskClient, desk: Session) -> None:
    with count_queries(app) as few:
        figures(client)
    for number in range(20):
        refusals.note(desk, profile="spid", provider=f"https://{number}/", code="replay", pseudonym="x", now=NOW)
    desk.commit()
    with count_queries(app) as many:
        figures(client)
    assert few.count == many.count <= 6


def with_token(app: Flask) -> None:
    settings = app.extensions["desk_settings"]
    web = settings.web.model_copy(update={"metrics_token": TOKEN})
    app.extensions["desk_settings"] = settings.model_copy(update={"web": web})


@pytest.mark.parametrize("address", ["127.0.0.1", "::1", "127.8.8.8"])
def test_without_a_token_this_machine_may_read(client: FlaskClient, address: str) -> None:
    assert client.get("/metrics", environ_base={"REMOTE_ADDR": address}).status_code == 200


@pytest.mark.parametrize("address", ["192.0.2.1", "2001:db8::1", "", "unix"])
def test_without_a_token_no_other_machine_may(client: FlaskClient, address: str) -> None:
    answer = client.get("/metrics", environ_base={"REMOTE_ADDR": address})
    assert (answer.status_code, answer.text) == (403, "")


def test_behind_a_proxy_that_the_settings_do_not_know_nobody_passes_for_this_machine(client: FlaskClient) -> None:
    assert client.get("/metrics", headers={"X-Forwarded-For": "192.0.2.1"}).status_code == 403


@pytest.mark.parametrize("shown", ["", TOKEN, "Bearer ", f"Bearer {TOKEN}x", f"Basic {TOKEN}", "Bearer tök"])
def test_with_a_token_whoever_does_not_show_it_is_refused(app: Flask, client: FlaskClient, shown: str) -> None:
    with_token(app)
    answer = client.get("/metrics", headers={"Authorization": shown} if shown else {})
    assert (answer.status_code, answer.headers["WWW-Authenticate"], answer.text) == (401, "Bearer", "")


def test_with_the_token_any_machine_may_read(app: Flask, client: FlaskClient) -> None:
    with_token(app)
    shown = {"Authorization": f"Bearer {TOKEN}"}
    assert client.get("/metrics", headers=shown, environ_base={"REMOTE_ADDR": "192.0.2.1"}).status_code == 200
