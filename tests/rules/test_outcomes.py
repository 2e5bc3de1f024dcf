"""What a job did is kept as counts, fits its column, and is read back as it was."""

from servicedesk.rules import outcomes
from servicedesk.rules.outcomes import LONGEST, Outcome, counted, happened


def test_what_was_done_is_told_in_its_order_with_the_word_for_one_and_for_many():
    outcome = counted(rows=1, files=2) + counted(failed=3)
    assert str(outcome) == "1 row removed, 2 files removed, 3 failed: see the log"


def test_parts_that_hold_commas_are_told_apart():
    source = happened("source", 2, profile="university", added=2, changed=0, removed=0, problems=0)
    assert str(source + happened("source_failed", profile="spid")) == (
        "university: 2 providers, 2 added, 0 changed, 0 removed, 0 problems; "
        "spid: failed: the reason stands under Federation"
    )


def test_what_was_kept_is_read_back_as_it_was():
    outcome = counted(sent=4, later=0) + happened("keys", 1, all=2)
    assert outcome.stored() == '[["sent",4],["later",0],["keys",1,{"all":2}]]'
    assert outcomes.kept(outcome.stored()) == outcome


def test_errors_and_the_words_of_an_earlier_release_are_no_outcome():
    for text in ("failed: RuntimeError: no space left", "12 sent, 0 refused", "", "[]]", '[["unheard_of",1]]', "[[1]]"):
        assert outcomes.kept(text) is None, text
    assert outcomes.kept('[["keys",1]]') is None, "a part without what its words need"


def test_an_outcome_of_many_parts_is_cut_between_them_and_says_so():
    source = happened("source", 2000, profile="federation-number", added=2, changed=1, removed=1, problems=1)
    text = Outcome(source.parts * 9).stored()
    read = outcomes.kept(text)
    assert len(text) <= LONGEST and read is not None
    assert read.parts[-1] == counted(more=10 - len(read.parts)).parts[0]
