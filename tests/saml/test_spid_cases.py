"""AgID's list of checks on a Response, number by number, at every level of SPID: our own copies of its situations.

The numbers are those of spid-sp-test 1.2.18, which `make conformance` runs against the desk itself; a number that it
leaves out because it equals another is left out here. `None` is what must be accepted.
"""

from dataclasses import replace

import pytest
from lxml import etree

from saml.anomalies import ANOMALIES, anomaly_of
from saml.errors import WRONG_REQUESTS, Code, SamlError
from saml.names import AUTHN_FAILED, RESPONDER, SAML, SAMLP, STATUS, tag
from tests.saml.attacks import signatures, wrapping
from tests.saml.attacks.stage import LEVELS, Stage, field_of
from tests.saml.edits import Edit, all_of, emptying, one, removing, setting, writing

ASSERTION = "saml:Assertion"
SUBJECT = ASSERTION + "/saml:Subject"
NAME_ID = SUBJECT + "/saml:NameID"
CONFIRMATION = SUBJECT + "/saml:SubjectConfirmation"
DATA = CONFIRMATION + "/saml:SubjectConfirmationData"
CONDITIONS = ASSERTION + "/saml:Conditions"
RESTRICTION = CONDITIONS + "/saml:AudienceRestriction"
STATEMENT = ASSERTION + "/saml:AuthnStatement"
CONTEXT = STATEMENT + "/saml:AuthnContext"
CLASS_REF = CONTEXT + "/saml:AuthnContextClassRef"
ATTRIBUTES = ASSERTION + "/saml:AttributeStatement"
STATUS_CODE = "samlp:Status/samlp:StatusCode"
OTHER = "something-else"
LONG_AGO, FAR_AHEAD = "2000-01-01T00:00:00Z", "2099-01-01T00:00:00Z"
FORMAT = "urn:oasis:names:tc:SAML:2.0:nameid-format:other"


def only_one_attribute_without_value(root: etree._Element) -> None:
    """Leave one attribute, without any value."""
    statement = one(root, ATTRIBUTES)
    for attribute in list(statement)[1:]:
        statement.remove(attribute)
    emptying(ATTRIBUTES + "/saml:Attribute")(root)


def others_than_asked(root: etree._Element) -> None:
    """Send two attributes, one of which nobody asked for."""
    one(root, ATTRIBUTES + "/saml:Attribute[2]").set("Name", "address")
    one(root, ATTRIBUTES).remove(one(root, ATTRIBUTES + "/saml:Attribute[3]"))


def reporting(number: str, outer: str = RESPONDER, inner: str = AUTHN_FAILED) -> Edit:
    """Return an edit that makes the answer a report of the numbered anomaly, without assertion."""

    def edit(root: etree._Element) -> None:
        root.remove(one(root, ASSERTION))
        code = one(root, STATUS_CODE)
        code.set("Value", outer)
        etree.SubElement(code, tag(SAMLP, "StatusCode"), {"Value": inner})
        etree.SubElement(one(root, "samlp:Status"), tag(SAMLP, "StatusMessage")).text = f"ErrorCode {number}"

    return edit


CHANGED: list[tuple[str, Edit, Code | None]] = [
    ("1", all_of(), None),
    ("8", setting(".", "ID", ""), Code.WRONG_ROOT),
    ("9", setting(".", "ID", None), Code.WRONG_ROOT),
    ("10", setting(".", "Version", "1.0"), Code.WRONG_ROOT),
    ("11", setting(".", "IssueInstant", ""), Code.MALFORMED),
    ("12", setting(".", "IssueInstant", None), Code.MALFORMED),
    ("13", setting(".", "IssueInstant", "2018-09-04"), Code.MALFORMED),
    ("14", all_of(setting(".", "IssueInstant", LONG_AGO), setting(ASSERTION, "IssueInstant", LONG_AGO)), Code.EXPIRED),
    ("15", all_of(setting(".", "IssueInstant", FAR_AHEAD), setting(ASSERTION, "IssueInstant", FAR_AHEAD)),
     Code.TOO_EARLY),
    ("16", all_of(setting(".", "InResponseTo", ""), setting(DATA, "InResponseTo", "")), Code.NO_REQUEST),
    ("17", all_of(setting(".", "InResponseTo", None), setting(DATA, "InResponseTo", None)), Code.NO_REQUEST),
    ("18", all_of(setting(".", "InResponseTo", OTHER), setting(DATA, "InResponseTo", OTHER)), Code.OTHER_BROWSER),
    ("19", setting(".", "Destination", ""), Code.WRONG_DESTINATION),
    ("20", setting(".", "Destination", None), Code.WRONG_DESTINATION),
    ("21", all_of(setting(".", "Destination", OTHER), setting(DATA, "Recipient", OTHER)), Code.WRONG_DESTINATION),
    ("22", emptying("samlp:Status"), Code.PROVIDER_ERROR),
    ("23", removing("samlp:Status"), Code.PROVIDER_ERROR),
    ("24", setting(STATUS_CODE, "Value", ""), Code.PROVIDER_ERROR),
    ("26", setting(STATUS_CODE, "Value", STATUS + OTHER), Code.PROVIDER_ERROR),
    ("27", writing("saml:Issuer", ""), Code.WRONG_ISSUER),
    ("28", removing("saml:Issuer"), Code.WRONG_ISSUER),
    ("29", writing("saml:Issuer", OTHER), Code.WRONG_ISSUER),
    ("30", setting("saml:Issuer", "Format", FORMAT), Code.WRONG_ISSUER),
    ("31", setting("saml:Issuer", "Format", None), None),
    ("32", removing(ASSERTION), Code.ASSERTION_COUNT),
    ("33", setting(ASSERTION, "ID", ""), Code.MALFORMED),
    ("34", setting(ASSERTION, "ID", None), Code.MALFORMED),
    ("35", setting(ASSERTION, "Version", "1.0"), Code.MALFORMED),
    ("36", setting(ASSERTION, "IssueInstant", ""), Code.MALFORMED),
    ("37", setting(ASSERTION, "IssueInstant", None), Code.MALFORMED),
    ("38", setting(ASSERTION, "IssueInstant", "2018-09-06 16:00"), Code.MALFORMED),
    ("39", setting(ASSERTION, "IssueInstant", LONG_AGO), Code.EXPIRED),
    ("40", setting(ASSERTION, "IssueInstant", FAR_AHEAD), Code.TOO_EARLY),
    ("41", emptying(SUBJECT), Code.MALFORMED),
    ("42", removing(SUBJECT), Code.WRONG_SUBJECT),
    ("43", all_of(writing(NAME_ID, " "), setting(NAME_ID, "NameQualifier", "")), Code.WRONG_SUBJECT),
    ("44", removing(NAME_ID), Code.WRONG_SUBJECT),
    ("45", setting(NAME_ID, "Format", ""), Code.WRONG_SUBJECT),
    ("46", setting(NAME_ID, "Format", None), Code.WRONG_SUBJECT),
    ("47", setting(NAME_ID, "Format", FORMAT), Code.WRONG_SUBJECT),
    ("48", setting(NAME_ID, "NameQualifier", ""), Code.WRONG_SUBJECT),
    ("49", setting(NAME_ID, "NameQualifier", None), Code.WRONG_SUBJECT),
    ("51", emptying(CONFIRMATION), Code.WRONG_SUBJECT),
    ("52", removing(CONFIRMATION), Code.WRONG_SUBJECT),
    ("53", setting(CONFIRMATION, "Method", ""), Code.WRONG_SUBJECT),
    ("54", setting(CONFIRMATION, "Method", None), Code.MALFORMED),
    ("55", setting(CONFIRMATION, "Method", "urn:oasis:names:tc:SAML:2.0:cm:other"), Code.WRONG_SUBJECT),
    ("56", removing(DATA), Code.WRONG_SUBJECT),
    ("57", setting(DATA, "Recipient", ""), Code.WRONG_RECIPIENT),
    ("58", setting(DATA, "Recipient", None), Code.WRONG_RECIPIENT),
    ("59", setting(DATA, "Recipient", OTHER), Code.WRONG_RECIPIENT),
    ("60", setting(DATA, "InResponseTo", ""), Code.MALFORMED),
    ("61", setting(DATA, "InResponseTo", None), Code.NO_REQUEST),
    ("62", setting(DATA, "InResponseTo", OTHER), Code.NO_REQUEST),
    ("63", setting(DATA, "NotOnOrAfter", ""), Code.MALFORMED),
    ("64", setting(DATA, "NotOnOrAfter", None), Code.WRONG_SUBJECT),
    ("65", setting(DATA, "NotOnOrAfter", "2018.09.18"), Code.MALFORMED),
    ("66", setting(DATA, "NotOnOrAfter", LONG_AGO), Code.EXPIRED),
    ("68", removing(ASSERTION + "/saml:Issuer"), Code.MALFORMED),
    ("69", writing(ASSERTION + "/saml:Issuer", OTHER), Code.WRONG_ISSUER),
    ("70", setting(ASSERTION + "/saml:Issuer", "Format", ""), Code.WRONG_ISSUER),
    ("71", setting(ASSERTION + "/saml:Issuer", "Format", None), Code.WRONG_ISSUER),
    ("72", setting(ASSERTION + "/saml:Issuer", "Format", FORMAT), Code.WRONG_ISSUER),
    ("73", removing(RESTRICTION), Code.WRONG_AUDIENCE),
    ("74", removing(CONDITIONS), Code.MALFORMED),
    ("75", setting(CONDITIONS, "NotBefore", ""), Code.MALFORMED),
    ("76", setting(CONDITIONS, "NotBefore", None), Code.MALFORMED),
    ("77", setting(CONDITIONS, "NotBefore", "2018/09/10"), Code.MALFORMED),
    ("78", setting(CONDITIONS, "NotBefore", FAR_AHEAD), Code.TOO_EARLY),
    ("79", setting(CONDITIONS, "NotOnOrAfter", ""), Code.MALFORMED),
    ("80", setting(CONDITIONS, "NotOnOrAfter", None), Code.MALFORMED),
    ("81", setting(CONDITIONS, "NotOnOrAfter", "10-09-2018"), Code.MALFORMED),
    ("82", setting(CONDITIONS, "NotOnOrAfter", LONG_AGO), Code.EXPIRED),
    ("83", emptying(RESTRICTION), Code.MALFORMED),
    ("85", writing(RESTRICTION + "/saml:Audience", ""), Code.WRONG_AUDIENCE),
    ("86", removing(RESTRICTION + "/saml:Audience"), Code.MALFORMED),
    ("87", writing(RESTRICTION + "/saml:Audience", OTHER), Code.WRONG_AUDIENCE),
    ("88", removing(CONTEXT), Code.MALFORMED),
    ("89", removing(STATEMENT), Code.NO_AUTHENTICATION),
    ("90", emptying(CONTEXT), Code.MALFORMED),
    ("92", writing(CLASS_REF, ""), Code.WRONG_CONTEXT),
    ("93", removing(CLASS_REF), Code.MALFORMED),
    ("97", writing(CLASS_REF, "urn:oasis:names:tc:SAML:2.0:ac:classes:SpidL1"), Code.WRONG_CONTEXT),
    ("98", emptying(ATTRIBUTES), Code.MALFORMED),
    ("99", only_one_attribute_without_value, Code.BAD_ATTRIBUTE),
    ("103", others_than_asked, Code.BAD_ATTRIBUTE),
    ("110", setting(".", "IssueInstant", "2026-03-02T09:00:00.123456Z"), None),
    ("without session index", setting(STATEMENT, "SessionIndex", None), None),
]  # fmt: skip


@pytest.mark.parametrize("level", [1, 2, 3])
@pytest.mark.parametrize(("edit", "code"), [row[1:] for row in CHANGED], ids=[row[0] for row in CHANGED])
def test_an_answer_signed_with_one_thing_changed(edit: Edit, code: Code | None, level: int) -> None:
    stage = Stage(level=level)
    answer = field_of(stage.ask().signed(before=edit))
    assert outcome(stage, answer) == code


def outcome(stage: Stage, answer: str) -> Code | None:
    """Return why an answer is refused, None when it is accepted."""
    try:
        stage.read(answer)
    except SamlError as error:
        return error.code
    return None


SIGNED: list[tuple[str, object, set[Code]]] = [
    ("2", lambda scene: scene.signed(sign=""), {Code.UNSIGNED}),
    ("3", lambda scene: scene.signed(sign="response"), {Code.UNSIGNED}),
    ("4", lambda scene: scene.signed(keys=scene.stranger), {Code.BAD_SIGNATURE}),
    ("5", signatures.by("stranger"), {Code.BAD_SIGNATURE}),
    ("100", signatures.half_by_stranger("assertion"), {Code.BAD_SIGNATURE}),
    ("xslt", signatures.with_transform(signatures.XSLT, 0), set(signatures.ODD)),
    *[
        (form.__name__, wrapping.wrapped(form, "assertion response"), set(wrapping.REFUSALS))
        for form in wrapping.FORMS[:8]
    ],
]


@pytest.mark.parametrize("federation", ["spid-public", "cie-public"])
def test_3_the_assertion_is_always_signed_and_the_response_may_be(federation: str) -> None:
    stage = Stage(federation)
    assert outcome(stage, field_of(stage.ask().signed(sign="assertion"))) is None


def test_a_profile_may_want_the_response_signed_too() -> None:
    stage = Stage()
    stage.profile = replace(stage.profile, responses_signed=True)  # type: ignore[misc]
    assert outcome(stage, field_of(stage.ask().signed(sign="assertion"))) == Code.UNSIGNED


@pytest.mark.parametrize("level", [1, 2, 3])
@pytest.mark.parametrize(("make", "codes"), [row[1:] for row in SIGNED], ids=[row[0] for row in SIGNED])
def test_an_answer_signed_in_another_way(make, codes: set[Code], level: int) -> None:
    stage = Stage(level=level)
    assert outcome(stage, field_of(make(stage.ask()))) in codes


@pytest.mark.parametrize("asked", [1, 2, 3])
@pytest.mark.parametrize("stated", [1, 2, 3], ids=["94", "95", "96"])
def test_a_level_suffices_when_it_is_at_least_the_one_asked(asked: int, stated: int) -> None:
    stage = Stage(level=asked)
    answer = field_of(stage.ask().signed(before=writing(CLASS_REF, LEVELS[stated - 1])))
    if stated < asked:
        assert outcome(stage, answer) == Code.WRONG_CONTEXT
    else:
        assert stage.read(answer).level == stated


@pytest.mark.parametrize(
    ("comparison", "stated", "accepted"),
    [("exact", 2, True), ("exact", 3, False), ("better", 2, False), ("better", 3, True), ("maximum", 1, True),
     ("maximum", 3, False)],
)  # fmt: skip
def test_a_profile_may_compare_levels_otherwise(comparison: str, stated: int, accepted: bool) -> None:
    stage = Stage(level=2)
    stage.profile = replace(stage.profile, comparison=comparison)  # type: ignore[misc]
    answer = field_of(stage.ask().signed(before=writing(CLASS_REF, LEVELS[stated - 1])))
    assert (outcome(stage, answer) is None) == accepted


def test_without_a_level_asked_any_level_of_the_federation_is_taken() -> None:
    stage = Stage(level=2)
    scene = stage.ask()
    stage.pending.requests["_request"] = replace(stage.pending.requests["_request"], level=0)
    assert stage.read(field_of(scene.signed(before=writing(CLASS_REF, LEVELS[0])))).level == 1


def test_109_an_attribute_needs_no_name_format() -> None:
    stage = Stage()
    scene = stage.ask()
    assert not any("NameFormat" in node.attrib for node in scene.facts.document().iter(tag(SAML, "Attribute")))
    assert outcome(stage, field_of(scene.signed())) is None


@pytest.mark.parametrize("signed", ["", "response"])
@pytest.mark.parametrize("number", [*range(8, 26), 30])
def test_104_to_108_and_111_a_numbered_report_has_its_sentence_and_its_page(number: int, signed: str) -> None:
    stage = Stage()
    answer = stage.ask().signed(before=reporting(f"nr{number:02}"), sign=signed)
    with pytest.raises(SamlError) as caught:
        stage.read(field_of(answer))
    error = caught.value
    assert (error.spid, error.code) == (number, ANOMALIES[number].code)
    assert error.is_our_fault == (8 <= number <= 18) == (number in WRONG_REQUESTS)
    assert anomaly_of(error) is ANOMALIES[number]
    assert stage.pending.requests, "a report of failure must not spend the request"


@pytest.mark.parametrize(
    ("message", "number"),
    [("nr19", 19), ("nr 9", 9), ("NR08 - qualcosa", 8), ("nr2", 2), ("nr26", None), ("nr99", None), ("nr190", None)],
)
def test_only_numbers_of_the_table_count(message: str, number: int | None) -> None:
    stage = Stage()
    with pytest.raises(SamlError) as caught:
        stage.read(field_of(stage.ask().signed(before=reporting(message))))
    assert caught.value.spid == number


def test_every_anomaly_of_the_person_has_a_page_of_its_own() -> None:
    people = [ANOMALIES[number] for number in (19, 20, 21, 22, 23, 24, 25, 30)]
    assert len({page.title for page in people}) == len({page.advice for page in people}) == len(people)


@pytest.mark.parametrize(
    ("edit", "code"), [row[1:] for row in CHANGED if row[0] != "71"], ids=[row[0] for row in CHANGED if row[0] != "71"]
)
def test_cie_checks_the_same(edit: Edit, code: Code | None) -> None:
    stage = Stage("cie-public", level=3)
    assert outcome(stage, field_of(stage.ask().signed(before=edit))) == code


def test_71_cie_may_leave_out_the_format_of_the_assertions_issuer() -> None:
    stage = Stage("cie-public", level=3)
    edit = setting(ASSERTION + "/saml:Issuer", "Format", None)
    assert outcome(stage, field_of(stage.ask().signed(before=edit))) is None


@pytest.mark.parametrize("path", [".", ASSERTION])
def test_14_and_39_a_second_before_the_request_is_too_early_whatever_the_clocks(path: str) -> None:
    stage = Stage()
    answer = field_of(stage.ask().signed(before=setting(path, "IssueInstant", "2026-03-02T08:59:59Z")))
    assert outcome(stage, answer) == Code.EXPIRED


def test_a_universitys_clock_may_be_behind_by_the_skew() -> None:
    early = all_of(*(setting(path, "IssueInstant", "2026-03-02T08:59:01Z") for path in (".", ASSERTION)))
    stage = Stage("idem")
    assert outcome(stage, field_of(stage.ask().signed(before=early))) is None
