"""What an edit of a plan has put in the place of what, line by line."""

from servicedesk.web.change_edits import GONE, NEW, SAME, _compared


def test_a_line_that_was_put_in_stands_between_those_that_stayed() -> None:
    found = list(_compared(["Stop it.", "Start it."], ["Stop it.", "Update it.", "Start it."]))
    assert found == [(SAME, "Stop it."), (NEW, "Update it."), (SAME, "Start it.")]


def test_a_text_of_the_same_line_again_and_again_is_not_compared_for_seconds() -> None:
    before = ["x"] * 400
    after = [line for number in range(200) for line in ("x", str(number))]
    assert list(_compared(before, after)) == [*((GONE, line) for line in before), *((NEW, line) for line in after)]
