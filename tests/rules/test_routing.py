"""From category and requester to a group, and from the group to a technician."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from servicedesk.rules.catalogue import LocalText, Routing, Strategy
from servicedesk.rules.routing import Member, Requester, choose, route
from tests.rules.catalogues import catalogue, category, group, service

TODAY = date(2026, 3, 1)
SOMEONE = Requester()
BY_AREA = Routing("area", {"Economia e Giurisprudenza": "ECO", "Medicina": "MED"})
TREE = catalogue(
    group("INFO"),
    group("ECO", fallback="INFO"),
    group("MED", escalates_to="INFO"),
    group("OFF", active=False, fallback="ECO"),
    category("fees", name=LocalText("Tasse", "Fees"), selectable=False),
    category("exempt", parent="fees", name=LocalText("Esoneri", "Exemptions"), group="INFO", routing=BY_AREA),
    category("off", name=LocalText("Altro", "Other"), group="OFF"),
    category(
        "course", name=LocalText("Corso", "Course"), group="INFO", routing=Routing("degree_course", {"05412": "ECO"})
    ),
    category("status", name=LocalText("Stato", "Status"), group="INFO", routing=Routing("status", {"former": "MED"})),
)
ALL = frozenset(TREE.groups)


def routed(key, requester=SOMEONE, staffed=ALL):
    found = route(TREE, key, requester, staffed)
    return found.group, str(found.reason)


def test_the_area_of_the_degree_course_chooses_the_group_and_the_reason_says_so():
    student = Requester(area="Economia e Giurisprudenza", degree_course_name="Banca e finanza")
    assert routed("exempt", student) == ("ECO", "Tasse > Esoneri, area from degree course 'Banca e finanza'")


def test_an_area_without_a_degree_course_is_named_itself_in_any_case():
    assert routed("exempt", Requester(area="MEDICINA")) == ("MED", "Tasse > Esoneri, area 'MEDICINA'")


@pytest.mark.parametrize("requester", [SOMEONE, Requester(area="Agraria")])
def test_an_area_unknown_or_not_listed_leads_to_the_categorys_own_group(requester):
    assert routed("exempt", requester) == ("INFO", "Tasse > Esoneri, the category's own group")


def test_degree_course_and_status_route_as_well():
    student = Requester(degree_course="05412", degree_course_name="Banca e finanza")
    assert routed("course", student) == ("ECO", "Corso, degree course 'Banca e finanza'")
    assert routed("status", Requester(status="former")) == ("MED", "Stato, status 'former'")


def test_an_inactive_group_hands_to_its_fallback_and_the_reason_says_so():
    assert routed("off") == ("ECO", "Altro, the category's own group; OFF not available, handed to ECO")


def test_groups_without_members_hand_on_until_one_has_some():
    group_code, reason = routed("off", staffed=frozenset({"INFO"}))
    assert (group_code, reason) == ("INFO", "Altro, the category's own group; OFF, ECO not available, handed to INFO")


def test_without_fallback_a_group_hands_to_the_one_it_escalates_to():
    assert routed("exempt", Requester(area="Medicina"), frozenset({"INFO"}))[0] == "INFO"


def test_the_services_fallback_group_receives_what_nobody_else_can_even_when_it_is_empty_too():
    assert routed("off", staffed=frozenset())[0] == "LAST"


def test_a_category_that_does_not_exist_cannot_be_routed():
    with pytest.raises(KeyError):
        route(TREE, "none", SOMEONE, ALL)


CODES = [f"G{n}" for n in range(6)]
maybe_code = st.none() | st.sampled_from(CODES)


@st.composite
def trees(draw):
    """Return a catalogue with any groups whatever, circles included, and the staffed ones among them."""
    groups = [
        group(code, active=draw(st.booleans()), fallback=draw(maybe_code), escalates_to=draw(maybe_code))
        for code in CODES
    ]
    routing = st.dictionaries(st.sampled_from("abc"), st.sampled_from(CODES), min_size=1)
    categories = [
        category(f"k{n}", group=draw(st.sampled_from(CODES)), routing=Routing("area", draw(routing))) for n in range(5)
    ]
    staffed = draw(st.frozensets(st.sampled_from(CODES)))
    return catalogue(service(), *groups, *categories), staffed


@given(trees(), st.none() | st.sampled_from("abc"))
def test_every_category_reaches_an_active_group_and_always_the_same(drawn, area):
    tree, staffed = drawn
    for key in tree.categories:
        found = route(tree, key, Requester(area=area), staffed)
        assert tree.groups[found.group].active
        assert found.group in staffed or found.group == "LAST"
        assert found == route(tree, key, Requester(area=area), staffed)
        assert str(found.reason)


def away(first, last):
    return ((TODAY + timedelta(days=first), None if last is None else TODAY + timedelta(days=last)),)


ANNA, BRUNO, CARLA = Member(1, "A"), Member(2, "B"), Member(3, "C")


def chosen(strategy, members=(ANNA, BRUNO, CARLA), loads=None, last=None, area=None):
    return choose(strategy, members, loads or {}, last, Requester(area=area), TODAY).code


def test_manual_leaves_the_ticket_in_the_group():
    assert chosen(Strategy.MANUAL) is None


@pytest.mark.parametrize(("last", "code"), [(None, "A"), (1, "B"), (2, "C"), (3, "A"), (99, "A")])
def test_round_robin_takes_the_next_and_begins_again(last, code):
    assert chosen(Strategy.ROUND_ROBIN, last=last) == code


def test_round_robin_passes_over_who_is_absent():
    assert chosen(Strategy.ROUND_ROBIN, (ANNA, Member(2, "B", absences=away(-1, 1)), CARLA), last=1) == "C"


def test_least_loaded_takes_the_fewest_open_tickets_then_the_lower_id():
    assert chosen(Strategy.LEAST_LOADED, loads={1: 5, 2: 3, 3: 3}) == "B"
    assert chosen(Strategy.LEAST_LOADED, loads={1: 1}) == "B"


def test_by_attribute_takes_who_works_for_the_area_then_who_works_for_all():
    members = (
        Member(1, "A"),
        Member(2, "B", frozenset({"Medicina"})),
        Member(3, "C", frozenset({"Medicina", "Lettere"})),
    )
    assert chosen(Strategy.BY_ATTRIBUTE, members, {2: 9, 3: 1}, area="medicina") == "C"
    assert chosen(Strategy.BY_ATTRIBUTE, members, area="Ingegneria") == "A"
    assert chosen(Strategy.BY_ATTRIBUTE, members) == "A"
    assert chosen(Strategy.BY_ATTRIBUTE, members[1:], area="Ingegneria") is None


@pytest.mark.parametrize("strategy", list(Strategy))
def test_when_nobody_is_present_the_ticket_waits_in_the_group(strategy):
    assert chosen(strategy, (Member(1, "A", absences=away(-3, None)),)) is None
    assert chosen(strategy, ()) is None


@pytest.mark.parametrize(("first", "last", "present"), [(0, 0, False), (1, 2, True), (-2, -1, True), (-1, None, False)])
def test_both_ends_of_an_absence_count(first, last, present):
    assert Member(1, "A", absences=away(first, last)).is_present(TODAY) is present


absences = st.lists(st.tuples(st.integers(-3, 3), st.none() | st.integers(0, 3)), max_size=2).map(
    lambda pairs: tuple(
        (TODAY + timedelta(days=first), None if length is None else TODAY + timedelta(days=first + length))
        for first, length in pairs
    )
)
teams = st.lists(absences, max_size=6).map(
    lambda each: [Member(number, f"T{number}", frozenset(), away) for number, away in enumerate(each)]
)


@given(st.sampled_from(Strategy), teams, st.dictionaries(st.integers(0, 5), st.integers(0, 9)), st.randoms())
def test_the_choice_is_present_least_loaded_and_the_same_in_any_order(strategy, team, loads, random):
    choice = choose(strategy, team, loads, None, SOMEONE, TODAY)
    present = [member for member in team if member.is_present(TODAY)]
    assert choice.member is None or choice.member in present
    if strategy is Strategy.LEAST_LOADED and present:
        assert loads.get(choice.member.id, 0) == min(loads.get(member.id, 0) for member in present)
    shuffled = random.sample(team, len(team))
    assert choose(strategy, shuffled, loads, None, SOMEONE, TODAY) == choice
