"""What differs between two versions of the service levels."""

from dataclasses import replace

from servicedesk.rules.catalogue import LocalText
from servicedesk.rules.level_book import Book, Calendar, Operational, Target
from servicedesk.rules.level_changes import Change, changes

OFFICE = Calendar("office", LocalText("Ufficio", "Office"), {0: ((540, 1020),)})
USUAL = Target("t1", "office", own_minutes=60, resolve_minutes=240)
HELD = Operational("g1", "office", "DESK", 60)
BOOK = Book({"office": OFFICE}, (USUAL,), (HELD,))


def test_a_version_does_not_differ_from_itself():
    assert changes(BOOK, BOOK) == ()


def test_every_kind_of_part_that_comes_goes_or_changes_is_told_with_its_properties():
    wider = replace(OFFICE, week={0: ((540, 1080),)}, province="BG")
    slower, incidents = replace(USUAL, resolve_minutes=480), Target("t2", "office", 30, kind="incident")
    new = Book({"office": wider}, (slower, incidents))
    found = changes(BOOK, new)
    assert found == (Change(OFFICE, wider), Change(USUAL, slower), Change(None, incidents), Change(HELD, None))
    assert [change.what for change in found] == [("week", "province"), ("resolve_minutes",), (), ()]
