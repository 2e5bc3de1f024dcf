"""The figures as files: what each may take out, what is written down, and what no spreadsheet runs."""

import csv
import io
import zipfile
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa

from servicedesk.actions.figures import keep_day, tallied
from servicedesk.rules.lifecycle import State
from servicedesk.store.models.system import AuditEvent
from tests import factories
from tests.web.conftest import csrf, page
from tests.web.workbench.conftest import GROUP, KEY

ADDRESS = "/figures/tickets.csv"


def read(answer):
    assert answer.status_code == 200, answer.text
    return list(csv.DictReader(io.StringIO(answer.get_data(as_text=True).removeprefix("\ufeff"))))


def take_out(client, **fields):
    token = csrf(client, "/figures?period=week")
    return client.post(ADDRESS, data={"csrf_token": token, "period": "week", **fields})


@pytest.fixture
def two(desk, ticket_in, me):
    """A request of mine and one of a colleague's, in the same group; and figures to show."""
    colleague = factories.technician(desk, GROUP, given_name="Carla", family_name="Verdi")
    desk.commit()
    answers = {"company": {"kind": "text", "value": "=cmd()", "label": {"it": "", "en": ""}, "shown": None}}
    mine = ticket_in(state=State.IN_PROGRESS, title="=HYPERLINK(1)")
    theirs = ticket_in(state=State.IN_PROGRESS, technician=colleague, title="Theirs")
    mine.answers = answers
    desk.commit()
    return mine, theirs, colleague


def test_requests_come_with_their_fields_and_no_formula_runs(signed_in, two, me):
    rows = {row["Number"]: row for row in read(take_out(signed_in))}
    mine = rows[two[0].number]
    assert (mine["Request"], mine["Technician"]) == ("'=HYPERLINK(1)", me.code)
    assert "=cmd()" in mine["Other fields"]
    assert not any((value or "").startswith("=") for row in rows.values() for value in row.values())


def test_what_forms_ask_has_a_column_named_as_the_form_names_it(signed_in, two, desk):
    answered = {"kind": "student_number", "value": "123456", "label": {"it": "Matricola", "en": ""}, "shown": None}
    two[0].answers = {"student_number": answered}
    desk.commit()
    rows = {row["Number"]: row for row in read(take_out(signed_in))}
    found = [name for name, value in rows[two[0].number].items() if value == "123456"]
    assert found == ["Student number"]
    assert rows[two[0].number]["Other fields"] == ""


def test_who_worked_on_what_is_told_to_the_supervisor_and_to_each_of_oneself(signed_in, two, desk, client, sign_in):
    rows = {row["Number"]: row for row in read(take_out(signed_in))}
    assert rows[two[1].number]["Technician"] == ""
    assert read(take_out(signed_in, technician=str(two[2].id))) == read(take_out(signed_in))
    leader = factories.supervisor(desk, GROUP)
    desk.commit()
    sign_in(client, leader.id)
    rows = {row["Number"]: row for row in read(take_out(client))}
    assert rows[two[1].number]["Technician"] == two[2].code


def test_requests_of_other_groups_stay_where_they_are(two, desk, client, sign_in):
    stranger = factories.technician(desk, "TASSE")
    chief = factories.administrator(desk)
    desk.commit()
    for who in (stranger, chief):
        sign_in(client, who.id)
        assert read(take_out(client)) == []


def test_who_takes_requests_out_is_written_down_with_the_filters(signed_in, two, desk, me):
    take_out(signed_in, category=KEY)
    event = desk.scalars(sa.select(AuditEvent).where(AuditEvent.action == "figures.export")).one()
    assert (event.actor, event.after["category"], event.after["period"]) == (f"person:{me.id}", KEY, "week")
    assert signed_in.get(ADDRESS).status_code == 405


def test_the_comparison_is_a_table_of_plain_numbers(signed_in, two, desk):
    now = datetime.now(UTC)
    today = now.astimezone(factories.ROME).date()
    keep_day(desk, today, tallied(desk, today, factories.ROME, now), now)
    desk.commit()
    row = read(signed_in.get("/figures/table.csv?period=week"))[0]
    assert (row["Group"], row["Arrived"], row["Solved"]) == ("Internships and international mobility", "2", "0")
    single = read(signed_in.get("/figures/table.csv?period=week&by=technician"))
    assert [each["Technician"] for each in single] == ["Me"]
    with signed_in.get("/figures/table.xlsx?period=week") as book:
        assert zipfile.is_zipfile(io.BytesIO(book.data))
    assert page(signed_in, "/figures?period=week").xpath('//a[contains(@href, "/figures/table.csv")]')
