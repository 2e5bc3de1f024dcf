"""What the form of a request asks of the database is found by indexes, however much there is."""

from datetime import timedelta
from functools import partial

import pytest
import sqlalchemy as sa

from servicedesk.actions.drafts import Typed, forget_draft, keep_draft
from servicedesk.actions.files import drafts_of as files_of
from servicedesk.store.answer_times import first_answers, usual_answer_time
from servicedesk.store.degree_courses import degree_courses
from servicedesk.store.drafts import draft_of, drafts_of
from servicedesk.store.models.drafts import RequestDraft
from servicedesk.store.models.people import StudentRecord
from servicedesk.store.models.tickets import Upload
from tests import factories
from tests.factories import NOW
from tests.store.plans import full_scans, plans

PEOPLE, COURSES = 1500, 12


@pytest.fixture
def crowded(session):
    """Many students of a few courses, each with a request begun and a file; returns one of them."""
    people = [factories.person(session) for _ in range(PEOPLE)]
    session.execute(sa.insert(StudentRecord), [_record(number) for number in range(PEOPLE)])
    session.execute(sa.insert(RequestDraft), [_draft(each.id) for each in people])
    session.execute(sa.insert(Upload), [_upload(number) for number in range(PEOPLE)])
    session.execute(sa.text("ANALYZE"))
    return people[7].id


def _record(number):
    texts = ("given_name", "family_name", "degree_course", "area", "status")
    return {
        **dict.fromkeys(texts, "x"),
        "fiscal_hash": f"{number:064d}",
        "student_number": str(number),
        "institutional_email": f"s{number}@example.org",
        "degree_course_name": f"Course {number % COURSES:02d}",
        "imported_at": NOW,
    }


def _draft(person_id):
    moments = {"changed_at": NOW, "expires_at": NOW + timedelta(days=30)}
    return {"person_id": person_id, "category_key": "fees", "form_key": "k" * 32, "title": "T", "fields": {}, **moments}


def _upload(number):
    return {
        "id": f"{number:032d}",
        "draft_key": f"{number:064d}",
        "name": "a.pdf",
        "content_type": "application/pdf",
        "size": 1,
        "sha256": "0" * 64,
        "created_at": NOW,
        "expires_at": NOW,
    }


def test_the_form_reads_no_table_to_its_end(session, crowded):
    typed = Typed("k" * 32, "T", {})
    asked = (
        partial(draft_of, session, crowded, "fees", NOW),
        partial(drafts_of, session, crowded, NOW, 20),
        partial(keep_draft, session, crowded, "fees", typed, timedelta(days=1), NOW),
        partial(forget_draft, session, crowded, "fees", NOW),
        partial(files_of, session, "k" * 32),
        partial(degree_courses, session),
        partial(usual_answer_time, session, "fees", "DESK"),
        lambda: list(first_answers(session, NOW - timedelta(days=90))),
    )
    for ask in asked:
        plan = plans(session, ask)
        assert plan
        for table in ("request_draft", "upload", "student_record"):
            assert not list(full_scans(plan, table)), f"{ask}\n{plan}"


def test_the_degree_courses_are_told_once_each_and_in_order(session, crowded):
    assert list(degree_courses(session)) == [f"Course {number:02d}" for number in range(COURSES)]
