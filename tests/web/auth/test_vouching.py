"""Whose word counts: another university's provider cannot become somebody by sending their fiscal code."""

import pytest
import sqlalchemy as sa

from servicedesk.rules.identity import FISCAL
from servicedesk.settings import FederatedRole
from servicedesk.store.models.people import Identity, Person, RoleGrant
from tests.web.auth.federation import SPID, UNIVERSITY, Browser, with_profile

TECHNICIAN = "a.sportelli"


def identities(desk) -> list[tuple[str, str]]:
    desk.rollback()
    return [tuple(row) for row in desk.execute(sa.select(Identity.namespace, Identity.subject).order_by(Identity.id))]


def with_role(settings):
    rule = FederatedRole(attribute="given_name", value="Anna", role="administrator", service="*")
    return settings.model_copy(update={"saml": settings.saml.model_copy(update={"roles": (rule,)})})


class TestAProviderThatDoesNotVouch:
    @pytest.fixture
    def settings(self, settings, tmp_path):
        def change(text: str) -> str:
            assert (own := 'own_scopes = ["unidemo.example"]') in text
            assert '"schacPersonalUniqueID", ' in text
            text = text.replace('"schacPersonalUniqueID", ', "").replace(
                "optional = [", 'optional = ["schacPersonalUniqueID", '
            )
            return text.replace(own, 'own_scopes = ["other.example"]')

        return with_role(with_profile(settings, "university", tmp_path, change))

    def test_its_people_are_known_by_its_own_names_alone(self, browser, desk):
        assert browser.sign_in("l.studente2").status_code == 303
        ((namespace, subject),) = identities(desk)
        assert namespace == f"{UNIVERSITY}/metadata" and subject.startswith("principal:l.studente2@")

    def test_the_fiscal_code_it_sends_does_not_open_the_account_of_whoever_has_it(self, app, idps, browser, desk):
        assert browser.sign_in("l.studente2", SPID).status_code == 303
        assert Browser.new(app, idps).sign_in("l.studente2").status_code == 303
        assert [namespace for namespace, _subject in identities(desk)] == [FISCAL, f"{UNIVERSITY}/metadata"]
        assert desk.scalar(sa.select(sa.func.count()).select_from(Person)) == 2

    def test_it_gives_nobody_a_staff_number_or_a_role(self, browser, desk):
        assert browser.sign_in(TECHNICIAN).status_code == 303
        desk.rollback()
        assert desk.scalars(sa.select(Person.code)).one() is None
        assert desk.scalars(sa.select(RoleGrant)).all() == []


class TestAProviderThatVouches:
    @pytest.fixture
    def settings(self, settings):
        return with_role(settings)

    def test_its_fiscal_code_and_that_of_spid_are_one_person(self, app, idps, browser, desk):
        assert browser.sign_in("l.studente2", SPID).status_code == 303
        assert Browser.new(app, idps).sign_in("l.studente2").status_code == 303
        assert [namespace for namespace, _subject in identities(desk)] == [FISCAL]

    def test_its_staff_numbers_and_roles_count(self, browser, desk):
        assert browser.sign_in(TECHNICIAN).status_code == 303
        desk.rollback()
        assert desk.scalars(sa.select(Person.code)).one()
        assert desk.scalars(sa.select(RoleGrant.role)).one() == "administrator"
