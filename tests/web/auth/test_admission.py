"""Who is vouched for and still not let in: people too young, and those of whom something needed was not said."""

import pytest
import sqlalchemy as sa

from servicedesk.store.models.people import Identity, LoginSession, Person
from servicedesk.store.models.records import AttributePreview, SignInCount
from servicedesk.store.models.system import SignInRequest
from tests.web.auth.federation import SPID, Browser, with_profile


def count(desk, model) -> int:
    desk.rollback()
    return desk.scalar(sa.select(sa.func.count()).select_from(model))


def test_somebody_too_young_reads_why_and_nothing_of_them_is_kept(browser, desk):
    answer = browser.sign_in("g.ragazzi", SPID)
    assert answer.status_code == 403 and "14 years and older" in answer.text and "(too-young)" in answer.text
    assert [count(desk, model) for model in (Person, Identity, LoginSession, AttributePreview)] == [0, 0, 0, 0]
    assert desk.scalars(sa.select(SignInCount.code)).one() == "too-young"
    assert "Try again" not in answer.text


def test_somebody_of_sixteen_signs_in(browser, desk):
    assert browser.sign_in("t.giovani", SPID).status_code == 303
    assert count(desk, LoginSession) == 1


def test_the_answer_of_somebody_too_young_counts_once_like_any_other(browser):
    fields = browser.answer_for("g.ragazzi", SPID)
    assert "(too-young)" in browser.post_answer(fields, SPID).text
    assert "(replay)" in browser.post_answer(fields, SPID).text


def test_what_was_missing_is_named_and_administrators_see_it(browser, desk):
    answer = browser.sign_in("i.nordin", SPID)
    assert answer.status_code == 403 and "(missing-attribute)" in answer.text
    assert "fiscal code" in answer.text and "given name" not in answer.text and "Ingrid" not in answer.text
    desk.rollback()
    assert desk.scalars(sa.select(AttributePreview.missing)).one() == ["fiscal_code"]
    assert count(desk, Person) == 0


def test_what_is_optional_may_be_missing(browser, desk):
    assert browser.sign_in("s.taciti", SPID).status_code == 303
    assert desk.scalars(sa.select(Person.email)).one() == ""


class TestWhereTheSetAsksLess:
    @pytest.fixture
    def settings(self, settings, tmp_path):
        little = 'index = 1\nattributes = ["name", "spidCode"]\nname = { it = "Poco", en = "Little" }'
        terms = '[services.digitali]\nattribute_set = 1\n[attributes]\nprincipal = ["spidCode"]'
        more = f"\n[[attribute_sets]]\n{little}\n{terms}\n"
        return with_profile(settings, "spid", tmp_path, lambda text: text + more)

    def test_only_what_the_service_asked_for_is_needed(self, app, idps, desk):
        browser = Browser.new(app, idps)
        page = browser.begin(SPID, service="digitali")
        assert desk.scalars(sa.select(SignInRequest.attribute_set)).one() == 1
        assert browser.post_answer(browser.choose(page, "i.nordin", SPID), SPID).status_code == 303
