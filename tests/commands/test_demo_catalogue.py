"""The demo's administrator is preparing a version that could be published."""

from datetime import UTC, datetime

from servicedesk.commands import demo_catalogue
from servicedesk.rules.catalogue_consequences import problems_of
from servicedesk.rules.catalogue_json import from_data
from servicedesk.store import catalogue_drafts
from tests import factories
from tests.web.conftest import publish

NOW = datetime(2026, 11, 20, 15, 30, tzinfo=UTC)


def test_the_demo_has_a_draft_without_errors_in_which_requests_go_elsewhere(session):
    publish(session)
    factories.administrator(session)
    session.commit()
    assert demo_catalogue.add(session, NOW) == 1
    [row] = catalogue_drafts.drafts(session)
    tree = from_data(catalogue_drafts.draft(session, row.id).content)
    assert [problem for problem in problems_of(tree) if problem.severity == "error"] == []
    assert tree.categories["tasse-mora"].group == "INFO1"
    assert tree.categories["tasse-rimborsi"].fields[-1].key == "iban"
    assert tree.path_name("mensa", "en").startswith("Fees")
