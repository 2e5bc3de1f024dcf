"""Standard answers are found by an index, however many there are and however often they were used."""

from functools import partial

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from servicedesk.rules.answers import Stage
from servicedesk.store import standard_answers as store
from servicedesk.store.models.standard_answers import (
    StandardAnswer,
    StandardAnswerCount,
    StandardAnswerVersion,
)
from servicedesk.store.standard_answers import Place
from tests import factories
from tests.store.many_tickets import NOW
from tests.store.plans import full_scans, plans

ANSWERS, VERSIONS, MONTHS = 300, 6, 20
GROWING = ("standard_answer_version", "standard_answer_count")


@pytest.fixture
def many(session: Session) -> None:
    """Many answers of several versions each, used in every month."""
    session.execute(sa.insert(StandardAnswer), [{"shortcut": f"a{number}"} for number in range(ANSWERS)])
    ids = session.scalars(sa.select(StandardAnswer.id)).all()
    texts = {"en": {"html": "<p>Yes</p>", "text": "Yes"}}
    common = {
        **{"group_codes": [], "texts": texts, "revisions": {}, "names_counter": False, "sequel": "propose"},
        **{"forward_group": "", "forward_reason": "", "policy": 1, "changed_at": NOW, "saves": 1},
    }
    rows = [
        {**common, "answer_id": each, "number": number, "name": f"Name {each}"}
        | {"stage": "published" if number == VERSIONS else "replaced"}
        for each in ids
        for number in range(1, VERSIONS + 1)
    ]
    session.execute(sa.insert(StandardAnswerVersion), rows)
    counts = [
        {"answer_id": each, "category_key": f"c{place}", "month": f"20{month:02}-01", "used": 1, "refused": 0}
        for each in ids
        for place in range(3)
        for month in range(10, 10 + MONTHS)
    ]
    session.execute(sa.insert(StandardAnswerCount), counts)


def test_f3_what_a_ticket_is_offered_and_what_a_list_shows_reads_no_whole_table(session: Session, many: None) -> None:
    session.execute(sa.text("ANALYZE"))
    tree = factories.publish(session)
    one = session.scalars(sa.select(StandardAnswer.id)).first()
    assert one is not None
    for ask in (
        partial(store.published, session, one),
        partial(store.versions_in, session, Stage.DRAFT, "", ("Name 3", 0), 20),
        partial(store.history, session, one, 20),
        partial(store.uses, session, [one], "2026-01"),
        partial(store.uses_by_category, session, one, "2026-01", 10),
    ):
        plan = plans(session, ask)
        assert not [line for table in GROWING for line in full_scans(plan, table)], plan
    plan = plans(session, partial(store.offered, session, tree, [Place("DESK", "c0")], "2026-01"))
    assert not list(full_scans(plan, "standard_answer_count")), plan
