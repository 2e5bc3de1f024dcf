"""The page of figures: who sees which, what a period shows, and honest words where there is little."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta

import pytest

from servicedesk.rules.figure_events import Cell
from servicedesk.rules.figures import Tally, bucket_of
from servicedesk.store import figures_daily as store
from tests import factories
from tests.web.conftest import page
from tests.web.queries import count_queries
from tests.web.workbench.conftest import GROUP, KEY

OTHER = "TASSE"
TODAY = datetime.now(UTC).date()


def tally(**counts):
    made = Tally(Counter(counts))
    made.spreads["resolve_times"].update({bucket_of(120): counts.get("solved", 0)})
    made.hours[10] = counts.get("arrivals", 0)
    return made


@pytest.fixture
def keep(desk):
    """Keep the figures of a day: `keep({(group, technician): tally}, day)`."""

    def kept(tallies, day=TODAY):
        service = factories.SERVICE
        cells = {Cell(service, KEY, group, technician): each for (group, technician), each in tallies.items()}
        store.keep(desk, "d", day, cells)
        store.note_counted(desk, day, datetime.now(UTC))
        desk.commit()

    return kept


def rows(found):
    """The rows of the comparison: name and the first cells."""
    body = found.xpath('(//div[@id="compared"]//tbody)[1]/tr')
    return {row[0].text_content().strip(): [cell.text_content() for cell in row[1:4]] for row in body}


def test_a_technician_sees_the_figures_of_the_own_groups_only(signed_in, keep):
    keep({(GROUP, None): tally(arrivals=7, solved=3), (OTHER, None): tally(arrivals=90)})
    found = page(signed_in, "/figures?period=week")
    assert [each[:1] for each in rows(found).values()] == [["7"]]
    assert "90" not in found.xpath('string(//dl[@class="desk-tiles"])')


def test_single_technicians_are_for_their_supervisor_and_each_for_themselves(
    signed_in, keep, desk, me, client, app, sign_in
):
    colleague = factories.technician(desk, GROUP, given_name="Carla", family_name="Verdi")
    leader = factories.supervisor(desk, GROUP)
    chief = factories.administrator(desk)
    desk.commit()
    keep({(GROUP, None): tally(solved=9), (GROUP, me.id): tally(solved=4), (GROUP, colleague.id): tally(solved=5)})
    mine = page(signed_in, "/figures?period=week&by=technician")
    assert list(rows(mine)) == ["Me"] and "Verdi" not in mine.text_content()
    asked = page(signed_in, f"/figures?period=week&technician={colleague.id}")
    assert "Verdi" not in asked.text_content() and not asked.xpath(f'//option[@value="{colleague.id}"]')
    sign_in(client, leader.id)
    led = rows(page(client, "/figures?period=week&by=technician"))
    assert {name.split()[-1] for name in led} == {"Verdi", "Bianchi"}
    sign_in(client, chief.id)
    administered = page(client, "/figures?period=week&by=technician")
    assert "Verdi" not in administered.text_content() and "Bianchi" not in administered.text_content()
    assert next(iter(rows(administered).values()))[2] == "9"


def test_an_administrator_of_another_service_sees_nothing_of_this_one(keep, desk, client, sign_in):
    chief = factories.administrator(desk, "another-service")
    desk.commit()
    keep({(GROUP, None): tally(arrivals=7)})
    sign_in(client, chief.id)
    assert "Nothing to count" in page(client, "/figures").text_content()


def test_a_student_is_kept_out(desk, client, sign_in):
    student = factories.student(desk)
    desk.commit()
    sign_in(client, student.id)
    assert client.get("/figures").status_code == 403


def test_a_period_is_told_beside_the_one_before(signed_in, keep):
    keep({(GROUP, None): tally(arrivals=18)})
    keep({(GROUP, None): tally(arrivals=12)}, TODAY - timedelta(days=7))
    tiles = page(signed_in, "/figures?period=week").xpath('//div[@class="desk-tile"]')
    assert "+50 %, was 12" in tiles[0].text_content()


def test_owning_is_told_by_its_half_and_by_nine_in_ten(signed_in, keep):
    slow = tally(taken=10)
    slow.spreads["own_times"].update({bucket_of(30): 8, bucket_of(600): 2})
    keep({(GROUP, None): slow})
    found = page(signed_in, "/figures?period=week").get_element_by_id("compared")
    headings = [each.text_content() for each in found.xpath(".//thead//th")]
    cells = [each.text_content() for each in found.xpath(".//tbody/tr[1]/*")]
    half, most = (cells[headings.index(name)] for name in ("Owned, half within", "Owned, nine in ten within"))
    assert half.endswith("min") and most == "10 h"


def test_satisfaction_of_fewer_than_five_is_not_told(signed_in, keep):
    keep({(GROUP, None): tally(graded=4, grade_sum=4, solved=1)})
    few = page(signed_in, "/figures?period=week").xpath('//div[@class="desk-tile"]')[-1]
    assert few[1].text_content() == "–"
    keep({(GROUP, None): tally(graded=5, grade_sum=20, solved=1)})
    assert page(signed_in, "/figures?period=week").xpath('//div[@class="desk-tile"]')[-1][1].text_content() == "4.0"


def test_every_chart_has_a_title_a_description_and_words_for_each_shape(signed_in, keep):
    keep({(GROUP, None): tally(arrivals=6, solved=2, open_day=4)})
    found = page(signed_in, "/figures?period=week")
    charts = found.xpath('//*[local-name()="svg" and @role="img" and @viewbox]')
    assert len(charts) == 5
    for chart in charts:
        ids = chart.get("aria-labelledby").split()
        assert all(found.get_element_by_id(each).text_content().strip() for each in ids)
        assert all(shape.xpath("string(title)") for shape in chart.xpath('.//rect[contains(@class, "__bar")]'))
    assert not found.xpath("//main//*[@style]")


def test_days_that_make_no_sense_are_said_and_the_month_is_shown(signed_in, keep):
    for chosen in ("first=2026-13-01", "first=2026-02-02&last=2026-02-01", "first=yesterday"):
        words = page(signed_in, f"/figures?period=custom&{chosen}").text_content()
        assert "This month is shown instead." in words


def test_an_old_year_is_read_from_whole_months(signed_in, desk):
    cell = Cell(factories.SERVICE, KEY, GROUP, None)
    store.keep(desk, "m", date(2024, 3, 1), {cell: tally(arrivals=40, open_day=3)})
    desk.commit()
    found = page(signed_in, "/figures?period=custom&first=2024-01-01&last=2024-12-31")
    assert next(iter(rows(found).values()))[0] == "40"


def test_the_page_asks_as_much_for_many_rows_as_for_few(app, signed_in, keep):
    counts = []
    for groups in (1, 40):
        keep({(f"{GROUP}{number}" if number else GROUP, None): tally(arrivals=2) for number in range(groups)})
        with count_queries(app) as seen:
            page(signed_in, "/figures?period=week")
        counts.append(seen.count)
    assert counts[0] == counts[1]


def test_the_comparison_has_three_tables_and_problems_and_changes_a_line_of_their_own(signed_in, keep):
    keep({(GROUP, None): tally(arrivals=3, merged=2, problems=4, changes_solved=1)})
    found = page(signed_in, "/figures?period=week")
    tables = {
        each.get("aria-label"): [cell.text_content() for cell in each.xpath(".//thead//th")]
        for each in found.xpath("//div[@id='compared']/div[@role='region']")
    }
    assert list(tables) == ["Comparison: How much", "Comparison: How fast", "Comparison: How it ended"]
    assert "Merged or repeated" in tables["Comparison: How it ended"]
    assert not any("Problems" in heading for headings in tables.values() for heading in headings)
    line = "4 problems opened and 0 solved, 0 changes opened and 1 carried out"
    assert line in found.get_element_by_id("course").getparent().text_content()
