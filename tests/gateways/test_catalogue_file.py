"""Reading a catalogue file: what it becomes, and every way it can be wrong."""

from datetime import date, time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from servicedesk.gateways import catalogue_file
from servicedesk.gateways.catalogue_file import read
from servicedesk.rules.approval_steps import OWN_GROUP, Approver, By, Need, Step
from servicedesk.rules.catalogue import Audience, FieldKind, LocalText, Notice, Strategy
from servicedesk.rules.catalogue_json import from_data, to_data

SERVICE = "ae929822-c377-4964-bfb2-61bd6947fb4a"
GOOD = f"""\
services:
  - id: {SERVICE}
    key: studenti
    name: {{it: Studenti, en: Students}}
    description: {{it: Servizio, en: Service}}
    zone: Europe/Rome
    hours:
      monday: ["09:00-12:30", "14:00-16:00"]
    audience: [student, staff]
    fallback_group: G1
groups:
  - code: G1
    name: {{it: Uno, en: One}}
    line: 1
    strategy: round_robin
    signature: {{it: Firma, en: Signature}}
    contact: {{it: Qui, en: Here}}
  - code: G2
    name: {{it: Due, en: Two}}
    line: 2
    strategy: manual
    escalates_to: G1
    signature: {{it: Firma, en: Signature}}
    contact: {{it: Qui, en: Here}}
categories:
  - key: top
    service: studenti
    name: {{it: Su, en: Top}}
    description: {{it: Sopra, en: Above}}
    notice: {{it: Leggi, en: Read}}
    urgency: 4
    group: G1
    routing:
      attribute: area
      to: {{Medicina: G2}}
    fields:
      - {{key: phone, kind: phone, label: {{it: Telefono, en: Telephone}}, required: true}}
    children:
      - key: heir
        name: {{it: Erede, en: Heir}}
        description: {{it: Tutto, en: All}}
        synonyms: {{it: [uno, due], en: [one]}}
        active_from: 2026-03-01
      - key: own
        name: {{it: Proprio, en: Own}}
        description: {{it: Niente, en: Nothing}}
        group: G2
        fields: []
        urgency: 1
        audience: [everyone]
"""


def findings(text):
    content = text if isinstance(text, bytes) else text.encode()
    return read(content, "c.yaml").findings


def lines(text):
    return [str(finding) for finding in findings(text)]


def the_only(text):
    (line,) = lines(text)
    return line


def changed(old, new):
    assert old in GOOD
    return GOOD.replace(old, new, 1)


def test_a_sound_file_becomes_a_catalogue():
    catalogue, found = read(GOOD.encode(), "c.yaml")
    assert found == ()
    service = catalogue.services[SERVICE]
    assert service.hours == {0: ((time(9), time(12, 30)), (time(14), time(16)))}
    assert (service.close_days, service.reopen_days, service.waiting_closes) == (20, 20, True)
    assert catalogue.groups["G2"].escalates_to == "G1"
    assert catalogue.groups["G1"].strategy is Strategy.ROUND_ROBIN
    assert list(catalogue.categories) == ["top", "heir", "own"]


def test_children_inherit_what_they_do_not_state():
    heir = read(GOOD.encode(), "c.yaml").catalogue.categories["heir"]
    assert (heir.parent, heir.service_id, heir.group, heir.urgency, heir.impact) == ("top", SERVICE, "G1", 4, 2)
    assert heir.routing.to == {"Medicina": "G2"}
    assert heir.fields[0].kind is FieldKind.PHONE
    assert heir.notice.get("en") == "Read"
    assert heir.audience == {Audience.STUDENT, Audience.STAFF}
    assert heir.active_from == date(2026, 3, 1)
    assert heir.synonyms == {"it": ("uno", "due"), "en": ("one",)}


def test_the_properties_of_each_kind_of_field_and_the_notices_are_read():
    fields = """
      - {key: day, kind: date, label: {it: D, en: D}, earliest: 2026-01-01, latest: today+30}
      - {key: sum, kind: number, label: {it: N, en: N}, minimum: 0, maximum: 9, decimals: 2}
      - {key: card, kind: file, label: {it: F, en: F}, accept: [pdf]}
      - {key: yes, kind: consent, label: {it: C, en: C}, version: 2026-1, required: true}
"""
    notices = "    notices: [{kind: warning, text: {it: Ora, en: Now}, active_from: 2026-01-01}]\n"
    text = GOOD.replace("    urgency: 4\n", notices).replace("    children:", fields.strip("\n") + "\n    children:", 1)
    top = read(text.encode(), "c.yaml").catalogue.categories["heir"]
    _phone, day, amount, card, consent = top.fields
    assert (day.earliest, day.latest) == ("2026-01-01", "today+30")
    assert (amount.minimum, amount.maximum, amount.decimals) == (0, 9, 2)
    assert (card.accept, consent.version) == (("pdf",), "2026-1")
    assert top.notices == (Notice(LocalText("Ora", "Now"), "warning", date(2026, 1, 1), None),)
    assert from_data(to_data(read(text.encode(), "c.yaml").catalogue)).categories["heir"] == top


def test_approvals_are_read_inherited_and_set_aside_below():
    second = "{by: [{members: G2}, {person: 067010}], need: all, remind_after: 5}"
    steps = f"    approvals: [{{by: [{{supervisors: own}}]}}, {second}]\n"
    text = changed("    urgency: 4\n", steps).replace("        urgency: 1\n", "        approvals: []\n")
    tree = read(text.encode(), "c.yaml").catalogue
    assert tree.categories["heir"].approvals == (
        Step((Approver(By.SUPERVISORS, OWN_GROUP),)),
        Step((Approver(By.MEMBERS, "G2"), Approver(By.PERSON, "067010")), Need.ALL, 5),
    )
    assert tree.categories["own"].approvals == ()
    assert from_data(to_data(tree)).categories["heir"] == tree.categories["heir"]


def test_a_group_of_its_own_sets_the_routing_above_aside():
    own = read(GOOD.encode(), "c.yaml").catalogue.categories["own"]
    assert (own.group, own.routing, own.fields, own.urgency) == ("G2", None, (), 1)
    assert own.audience == {Audience.EVERYONE}


def test_a_node_with_children_is_a_heading_unless_it_says_otherwise():
    selectable = {c.key for c in read(GOOD.encode(), "c.yaml").catalogue.categories.values() if c.selectable}
    assert selectable == {"heir", "own"}
    both = read(changed("    urgency: 4\n", "    selectable: true\n").encode(), "c.yaml").catalogue
    assert both.categories["top"].selectable


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("kind: phone,", "kind: date, latest: soon,", "37:42: error: 'top': 'fields[0].latest' is no day; write it as"),
        ("kind: phone,", "kind: file, accept: ['.pdf'],", "37:43: error: 'top': 'fields[0].accept[0]' has the form of"),
        ("kind: phone,", "kind: date, newest: today,", "37:34: error: 'top' has an unknown property 'fields[0].new"),
        ("kind: phone,", "kind: consent,", "37:9: error: field 'phone' of category 'top' is a consent without version"),
        (
            "    urgency: 4\n",
            "    notices: [{text: {it: Ora, en: Now}, active_to: ieri}]\n",
            "31:53: error: 'top': 'notices[0].active_to' is not a date; write it as 2026-09-30",
        ),
        (
            "    urgency: 4\n",
            "    approvals: [{by: [{supervisors: NO}]}]\n",
            "31:23: error: group 'NO', named in 'top', does not exist",
        ),
        (
            "    urgency: 4\n",
            "    approvals: [{by: [{person: 1, members: G1}]}]\n",
            "31:23: error: 'top': 'approvals[0].by[0]' must name one approver",
        ),
        ("    urgency: 4\n", "    approvals: [{by: []}]\n", "31:22: error: 'top': 'approvals[0].by' is an empty list"),
        ("    urgency: 4\n", "    approvals: [{by: [{boss: G1}]}]\n", "unknown property 'approvals[0].by[0].boss'"),
        ("    urgency: 4\n", "    approvals: [{by: [{person: 1}], need: most}]\n", "'approvals[0].need' is not known"),
        ("    group: G1\n", "    group: NO\n", "32:12: error: group 'NO', named in 'top', does not exist"),
        ("Medicina: G2", "Medicina: NO", "35:22: error: group 'NO', named in 'top', does not exist"),
        ("fallback_group: G1", "fallback_group: NO", "10:21: error: group 'NO', named in 'studenti', does not exist"),
        ("key: own", "key: heir", "44:14: error: key 'heir' is used twice"),
        ("    urgency: 4\n", "    urgency: 4\n    urgency: 3\n", "32:5: error: 'urgency' is stated twice"),
        ("{it: Erede, en: Heir}", "{it: Erede}", "40:15: error: 'heir': the translation 'name.en' is missing"),
        ("{it: Erede, en: Heir}", "{it: Erede, en: ' '}", "40:31: error: 'heir': the translation 'name.en' is missing"),
        ("{it: Leggi, en: Read}", "Leggi", "30:13: error: 'top': 'notice' must have named properties"),
        ("        name: {it: Erede, en: Heir}\n", "", "39:9: error: 'heir': the property 'name' is missing"),
        ("    service: studenti\n", "", "26:5: error: category 'top' belongs to no service"),
        ("service: studenti", "service: nessuno", "27:14: error: service 'nessuno' of category 'top' does not exist"),
        ("        urgency: 1\n", "        urgency: 6\n", "'urgency' is out of range; it must be at most 5"),
        ("        urgency: 1\n", "        urgency: 0\n", "49:18: error: 'own': 'urgency' is out of range"),
        ("        urgency: 1\n", "        urgency: tre\n", "49:18: error: 'own': 'urgency' must be a whole number"),
        ("required: true", "required: maybe", "must be true or false"),
        ("kind: phone", "kind: fax", "'fields[0].kind' is not known; choose one of 'text'"),
        ("[everyone]", "[everybody]", "50:20: error: 'own': 'audience[0]' is not known"),
        ("[everyone]", "[]", "50:19: error: 'own': 'audience' is an empty list"),
        ("[everyone]", "everyone", "50:19: error: 'own': 'audience' must be a list"),
        ("2026-03-01", "2026-31-01", "43:22: error: 'heir': 'active_from' is not a date"),
        ("Europe/Rome", "Europe/Roma", "6:11: error: 'studenti': 'zone' is not a known time zone"),
        ("Europe/Rome", "../../etc/passwd", "6:11: error: 'studenti': 'zone' is not a known time zone"),
        ("12:30", "25:30", "8:15: error: 'studenti': 'hours.monday' has wrong opening hours"),
        ("14:00-16:00", "11:00-16:00", "8:15: error: 'studenti': 'hours.monday' has wrong opening hours"),
        ("monday", "lunedi", "8:7: error: 'studenti': 'hours.lunedi' is not known"),
        (SERVICE, "12345", "2:9: error: 'studenti': 'id' is not a UUID"),
        ("strategy: manual", "strategy: random", "'strategy' is not known; choose one of 'manual'"),
        ("attribute: area", "attribute: colour", "'routing.attribute' is not known"),
        ("    urgency: 4\n", "    urgncy: 4\n", "31:5: error: 'top' has an unknown property 'urgncy'; did you mean"),
        ("kind: phone,", "kind: phone, lable: x,", "unknown property 'fields[0].lable'; did you mean 'label'?"),
        ("escalates_to: G1", "escalates_to: G2", "22:19: error: escalates_to of group 'G2' goes in a circle (G2 > G2)"),
        ("key: own", "key: Own Key", "44:14: error: 'Own Key': 'key' has the form of no name"),
        ("services:\n", "extra: 1\nservices:\n", "1:1: error: 'c.yaml' has an unknown property 'extra'"),
        ("key: own", "key: own\n        service: studenti", "has the service of the heading above"),
    ],
)  # fmt: skip
def test_a_mistake_is_found_at_its_place_with_what_to_do(old, new, expected):
    assert expected in the_only(changed(old, new))
    assert read(changed(old, new).encode(), "c.yaml").catalogue is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "c.yaml:1:1: error: the file is empty"),
        ("# only a comment\n", "c.yaml:1:1: error: the file is empty"),
        ("- a\n- b\n", "c.yaml:1:1: error: the file must have the properties services, groups and categories"),
        ("just words", "c.yaml:1:1: error: the file must have the properties"),
        (GOOD.replace("Erede", "Eredità").encode("latin-1"), "c.yaml:40:26: error: byte 0xe0 is not UTF-8"),
        (GOOD.encode("utf-16"), "c.yaml:1:1: error: byte 0xff is not UTF-8"),
        ("services:\n\t- key: a\n", "c.yaml:2:1: error: a tab in the indentation"),
        ("services:\n  -\tkey: a\n", "c.yaml:2:4: error: a tab in the indentation"),
        ("services: [a, b\n", "c.yaml:2:1: error: the list in brackets is not closed"),
        ("services:\n  - key: a: b\n", "c.yaml:2:11: error: a second ': ' on the line"),
        ("services:\n  - key: 'a\n", "c.yaml:3:1: error: the file ends inside a quoted text"),
        ("services:\n  - key: a\x01b\n", "c.yaml:2:11: error: a control character"),
        ("services: @x\n", "c.yaml:1:11: error: no text can begin with this character"),
        ("services: !<\n", "c.yaml:1:13: error: the text is not YAML here"),
    ],
)
def test_a_text_that_cannot_be_read_says_where(text, expected):
    assert expected in the_only(text)


def test_every_line_with_a_tab_or_a_wrong_byte_is_told():
    assert len(findings("a:\n\tb: 1\n\tc: 2\n")) == 2
    wrong = GOOD.replace("Erede", "Eredità").encode("latin-1").replace(b"        fields:", b"\tfields:")
    assert [finding.line for finding in findings(wrong)] == [40, 48]


def test_a_byte_that_is_not_utf8_hides_no_other_mistake():
    wrong = GOOD.replace("Uno", "Unò").replace("Proprio", "Sé").replace("group: G1", "group: NO", 2).encode("latin-1")
    assert [finding.line for finding in findings(wrong)] == [10, 13, 32, 45]


def test_all_mistakes_are_told_at_once_in_the_files_order():
    text = GOOD.replace("Europe/Rome", "Rome").replace("line: 2", "line: two").replace("group: G1", "group: NO", 2)
    text = text.replace("{it: Proprio, en: Own}", "{it: Proprio}")
    found = findings(text)
    assert [finding.line for finding in found] == [6, 10, 20, 32, 45]
    assert found == tuple(sorted(found, key=lambda finding: (finding.line, finding.column)))


def test_what_children_inherit_is_told_once_where_it_is_stated():
    text = changed("Medicina: G2", "Medicina: NO")
    assert len(findings(text)) == 1


def test_a_mistake_in_one_entry_does_not_hide_those_that_depend_on_it():
    text = changed("line: 1", "line: one").replace("kind: phone", "kind: fax")
    assert [finding.line for finding in findings(text)] == [14, 37]


def test_a_missing_section_is_told():
    without = GOOD[: GOOD.index("categories:")]
    assert "the property 'categories' is missing" in " ".join(lines(without))
    assert "the property 'groups' is missing" in " ".join(lines("services: []\ngroups: []\ncategories: []\n"))


def test_entries_must_be_lists_of_named_properties():
    assert any("'services' must be a list" in line for line in lines("services: {a: 1}\n"))
    assert any("'groups[0]' must have named properties" in line for line in lines("groups: [a]\n"))


def test_aliases_are_refused_so_that_a_small_file_cannot_unfold_into_a_large_one():
    layers = ["a0: &a0 [x, x]"] + [f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]" for n in range(1, 40)]
    found = lines("\n".join(layers))
    assert sum("anchors (&) and aliases (*) are not allowed" in line for line in found) == 40 + 2 * 39


def test_a_tag_cannot_make_an_object():
    assert any("tags (!) are not allowed" in line for line in lines("services: !!python/object:os.system {}\n"))


def test_deep_nesting_is_refused_and_does_not_exhaust_the_stack():
    assert any("nested too deeply" in line for line in lines("services: " + "[" * 500 + "]" * 500))
    deep = "categories:\n" + "".join(f"{'  ' * n}- key: k{n}\n{'  ' * n}  children:\n" for n in range(80))
    assert any("nested too deeply" in line for line in lines(deep))


def test_a_file_beyond_the_limit_is_refused_unread(monkeypatch):
    monkeypatch.setattr(catalogue_file, "MAX_BYTES", 100)
    assert "1:1: error: the file is larger than" in the_only(GOOD)


def test_a_second_document_is_refused():
    assert any("a second document" in line for line in lines("a: 1\n---\nb: 1\n"))


def test_texts_that_other_readers_take_for_truth_values_stay_texts():
    text = changed("{it: Due, en: Two}", "{it: No, en: 1.0}")
    name = read(text.encode(), "c.yaml").catalogue.groups["G2"].name
    assert (name.it, name.en) == ("No", "1.0")


def test_a_group_that_nothing_leads_to_is_a_warning_and_the_file_is_good():
    extra = GOOD[GOOD.index("  - code: G2") : GOOD.index("categories:")].replace("G2", "G3")
    catalogue, found = read(GOOD.replace("categories:", extra + "categories:").encode(), "c.yaml")
    assert [finding.severity for finding in found] == ["warning"]
    assert "G3" in catalogue.groups


JUNK = st.sampled_from(
    ["", "[]", "{}", "- a", "!!int 3", "*a", "'", "{a: [}", ": ", "\ufeff", "99999999999999999999", "|"]
)


@given(st.integers(0, len(GOOD.splitlines()) - 1), st.integers(0, 60), JUNK)
def test_whatever_is_typed_into_a_line_is_found_and_never_raised(number, column, junk):
    typed = GOOD.splitlines()
    typed[number] = typed[number][:column] + junk + typed[number][column:]
    catalogue, found = read("\n".join(typed).encode(), "c.yaml")
    assert (catalogue is None) == any(finding.severity == "error" for finding in found)
    assert all(str(finding).startswith("c.yaml:") for finding in found)


OWN_MATRIX = "[[1,1,1,2,2],[1,1,2,2,3],[1,2,3,3,4],[2,2,3,4,5],[2,3,4,5,5]]"


def with_matrix(matrix):
    return changed("    hours:", f"    priority_matrix: {matrix}\n    hours:")


def test_a_service_may_state_its_own_priority_matrix():
    service = read(with_matrix(OWN_MATRIX).encode(), "c.yaml").catalogue.services[SERVICE]
    assert service.priority_matrix[0] == (1, 1, 1, 2, 2)


@pytest.mark.parametrize(
    "wrong",
    [
        "[[1]]",
        "high",
        OWN_MATRIX.replace("[1,1,1,2,2]", "[1,1,1,2,9]"),
        OWN_MATRIX.replace("[1,1,1,2,2]", "[5,1,1,2,2]"),
    ],
)
def test_a_priority_matrix_that_is_none_is_told(wrong):
    assert "'priority_matrix' is no priority matrix" in the_only(with_matrix(wrong))
