"""What is announced stands above the pages of those whom it concerns, and nowhere else."""

from datetime import UTC, datetime, timedelta

import pytest

from servicedesk.rules.announcements import Text, Weight
from tests import factories
from tests.web.conftest import browser, page

EXTERNAL = "/RichiesteEsterne/SelezioneCategoria?ServiceId=ae929822-c377-4964-bfb2-61bd6947fb4a"
DIGITAL = "5b1f6a0e-7d0c-4c39-9a5e-2f4f7a1d8c63"


@pytest.fixture
def announce(desk):
    """Announce something that shows today."""

    def announced(title, audience="everyone", **values):
        now = datetime.now(UTC)
        period = {"starts_at": now - timedelta(hours=1), "ends_at": now + timedelta(hours=1)}
        made = factories.announcement(desk, title, audience, **{**period, **values})
        desk.commit()
        return made

    return announced


def above(client, path="/") -> list[str]:
    return page(client, path).xpath("//section[@aria-labelledby='announcements']//a/text()")


def test_d1_everyone_finds_them_on_the_first_pages_in_their_language(app, client, announce):
    announce("Open on Monday")
    announce("No mail", weight=Weight.OUTAGE)
    announce("For students", "student")
    for path in ("/", EXTERNAL, "/status", "/login"):
        assert above(client, path) == ["No mail", "Open on Monday"]
    assert above(browser(app, "it")) == ["No mail (it)", "Open on Monday (it)"]
    outage = page(client, "/").xpath("//li[contains(@class, 'desk-news__item--outage')]")[0]
    assert " ".join(outage.text_content().split()) == "Outage: No mail The counters open again on Monday."


def test_d1_a_student_finds_those_for_students_as_well_and_reads_one(client, signed_in, announce):
    made = announce("For students", "student")
    assert above(signed_in) == ["For students"]
    shown = page(signed_in, f"/announcements/{made.id}")
    assert shown.xpath("//h1")[0].text == "For students"
    assert shown.xpath("//article//strong")[0].text == "open again"
    page(browser(client.application), f"/announcements/{made.id}", 404)


def test_only_three_stand_above_a_page_and_all_are_one_step_away(signed_in, announce):
    for serial in range(4):
        announce(f"Number {serial}")
    assert above(signed_in) == ["Number 3", "Number 2", "Number 1", "All announcements"]
    listed = page(signed_in, "/announcements").xpath("//main//h2/a/text()")
    assert listed == ["Number 3", "Number 2", "Number 1", "Number 0"]


def test_the_list_goes_on_page_by_page_and_says_when_it_is_empty(client, announce):
    assert "Nothing is announced at the moment" in page(client, "/announcements").text_content()
    for serial in range(21):
        announce(f"Number {serial}")
    first = page(client, "/announcements")
    [older] = first.xpath("//a[@rel='next']/@href")
    assert page(client, older).xpath("//main//h2/a/text()") == ["Number 0"]


def test_the_public_page_of_one_service_says_nothing_of_another(client, announce):
    announce("Theirs", service_id=DIGITAL)
    assert above(client, EXTERNAL) == []
    assert above(client) == ["Theirs"]


def test_what_people_write_is_shown_without_markup_of_their_own(client, announce):
    made = announce("<b>Bold</b>", texts={"it": Text("x", "x"), "en": Text("<b>Bold</b>", "<script>x</script> **y**")})
    shown = page(client, f"/announcements/{made.id}")
    assert shown.xpath("//h1")[0].text == "<b>Bold</b>"
    assert not shown.xpath("//article//script")
    assert shown.xpath("//article//strong")[0].text == "y"
