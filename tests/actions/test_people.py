"""A sign-in finds the same person again by a stable identity, refreshes what it knows, and joins nothing by e-mail."""

from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from servicedesk.actions.people import Arrival, Staff, add_staff, give_code, sign_in
from servicedesk.actions.register import Counts, import_batch
from servicedesk.gateways.register_file import Row
from servicedesk.rules.catalogue import Audience
from servicedesk.rules.errors import Invalid, NotAllowed
from servicedesk.rules.identity import FISCAL, Proof
from servicedesk.rules.permissions import EVERY_SERVICE, Role
from servicedesk.store.models.accounts import Contact
from servicedesk.store.models.people import Person, RoleGrant, StudentRecord
from servicedesk.store.models.system import AuditEvent
from servicedesk.store.people import actor_of, mail_address, student_of
from tests.factories import NOW

HASH = "a" * 64
FISCAL_PROOF = Proof(FISCAL, HASH)
IDP = "https://idp.example.org/metadata"
LUCIA = {"given_name": ("Lucia",), "family_name": ("Studente",), "email": ("lucia@example.org",)}
ROW = Row(HASH, "722431", "Lucia", "Studente", "l.s@studenti.example.org", "06110", "Banca", "ECO", "active")


def arrival(proof: Proof = FISCAL_PROOF, locale: str = "it", **changed: tuple[str, ...]) -> Arrival:
    return Arrival(proof, {**LUCIA, **changed}, locale)


def test_the_first_sign_in_makes_a_person_without_a_record_an_external_requester(session):
    person = sign_in(session, arrival(), (), NOW)
    assert (person.display_name, person.email, person.locale) == ("Lucia Studente", "lucia@example.org", "it")
    assert actor_of(session, person.id).audiences == {Audience.EXTERNAL}


def test_the_second_sign_in_finds_the_person_and_refreshes_names_and_email(session):
    first = sign_in(session, arrival(), (), NOW)
    later = NOW + timedelta(days=1)
    second = sign_in(session, arrival(family_name=("Rossi",), email=("new@example.org",)), (), later)
    assert second.id == first.id
    assert (second.family_name, second.email, second.signed_in_at) == ("Rossi", "new@example.org", later)


@pytest.mark.parametrize(
    "address",
    [
        "a@x.example\nBcc: b@x.example",
        "a@x.example, b@x.example",
        "<a@x.example>",
        "a b@x.example",
        "a@x@y.example",
        "a",
    ],
)
def test_what_is_not_one_address_is_not_kept(session, address):
    assert sign_in(session, arrival(email=(address,)), (), NOW).email == ""


def test_names_are_one_line_of_text_that_can_be_read(session):
    person = sign_in(session, arrival(given_name=("Lu\ncia\u202e \x85 Maria",)), (), NOW)
    assert person.given_name == "Lu cia Maria"


def by_spid(address: str) -> Arrival:
    return Arrival(FISCAL_PROOF, {**LUCIA, "email": (address,)}, "it", has_private_address=True)


def technician(session: Session) -> None:
    add_staff(session, Staff("067010", HASH, "Lucia", "Studente", "lucia@university.example"), "command:root", NOW)


def administrator_without_a_code(session: Session) -> None:
    person = sign_in(session, arrival(email=("lucia@university.example",)), (), NOW)
    grant = RoleGrant(person_id=person.id, role=Role.ADMINISTRATOR, service_id=EVERY_SERVICE, granted_at=NOW)
    session.add(grant)
    session.flush()


def active_student(session: Session) -> None:
    import_batch(session, [ROW], NOW)
    sign_in(session, arrival(email=("lucia@university.example",)), (), NOW)


@pytest.mark.parametrize("kind", [technician, administrator_without_a_code, active_student])
def test_a_private_address_does_not_replace_the_one_that_the_university_gave(session, kind):
    kind(session)
    person = sign_in(session, by_spid("lucia@home.example"), (), NOW)
    assert person.email == "lucia@university.example"
    assert "home.example" not in mail_address(session, person.id)


def test_staff_whom_nobody_gave_an_address_are_reached_at_their_private_one(session):
    add_staff(session, Staff("067010", HASH, "Lucia", "Studente", ""), "command:root", NOW)
    assert sign_in(session, by_spid("lucia@home.example"), (), NOW).email == "lucia@home.example"


def test_the_private_address_of_everybody_else_follows_the_provider(session):
    sign_in(session, by_spid("lucia@home.example"), (), NOW)
    assert sign_in(session, by_spid("lucia@new.example"), (), NOW).email == "lucia@new.example"


def test_a_verified_address_stays_whatever_later_sign_ins_say(session):
    person = sign_in(session, by_spid("lucia@home.example"), (), NOW)
    session.add(Contact(person_id=person.id, address="chosen@home.example", verified_at=NOW, done_at=NOW))
    session.flush()
    for later in (by_spid("lucia@new.example"), arrival(email=("lucia@university.example",))):
        sign_in(session, later, (), NOW)
        assert mail_address(session, person.id) == "chosen@home.example"


def test_what_the_provider_leaves_out_stays_as_it_was(session):
    sign_in(session, arrival(), (), NOW)
    person = sign_in(session, Arrival(Proof(FISCAL, HASH), {}), (), NOW)
    assert (person.display_name, person.email) == ("Lucia Studente", "lucia@example.org")


def test_the_language_chosen_earlier_is_kept(session):
    sign_in(session, arrival(locale="en"), (), NOW)
    assert sign_in(session, arrival(locale="it"), (), NOW).locale == "en"


def test_the_same_email_at_two_providers_is_two_persons(session):
    one = sign_in(session, arrival(Proof(IDP, "principal:lucia")), (), NOW)
    other = sign_in(session, arrival(Proof("https://other.example.org", "principal:lucia")), (), NOW)
    assert one.email == other.email and one.id != other.id


def test_the_student_record_is_joined_by_the_fiscal_hash(session):
    assert import_batch(session, [ROW], NOW) == Counts(inserted=1)
    person = sign_in(session, arrival(), (), NOW)
    assert student_of(session, person.id).student_number == "722431"
    assert actor_of(session, person.id).audiences == {Audience.STUDENT}


def test_a_closed_account_is_refused(session):
    sign_in(session, arrival(), (), NOW).is_active = False
    session.flush()
    with pytest.raises(NotAllowed, match="closed"):
        sign_in(session, arrival(), (), NOW)


def test_values_too_long_to_keep_do_not_break_the_sign_in(session):
    person = sign_in(session, arrival(given_name=("L" * 500,), email=("x" * 300 + "@example.org",)), (), NOW)
    assert len(person.given_name) == 120 and person.email == ""


def test_the_import_counts_and_leaves_others_untouched(session):
    import_batch(session, [ROW], NOW)
    other = Row("b" * 64, "719204", "Marco", "Ingegneri", "", "05731", "Ingegneria", "ING", "former")
    changed = Row(HASH, "722431", "Lucia", "Studente", "l.s@studenti.example.org", "06110", "Banca", "ECO", "former")
    assert import_batch(session, [other], NOW) == Counts(inserted=1)
    assert import_batch(session, [changed, other], NOW) == Counts(updated=1, unchanged=1)
    query = sa.select(StudentRecord.status).order_by(StudentRecord.student_number)
    assert list(session.scalars(query)) == ["former", "former"]


def test_staff_can_be_added_before_the_first_sign_in_and_is_found_by_it(session):
    staff = add_staff(session, Staff("067010", HASH, "Anna", "Sportelli", "a@example.org"), "command:root", NOW)
    assert sign_in(session, arrival(), (), NOW).id == staff.id
    assert staff.code == "067010"
    event = session.scalars(sa.select(AuditEvent)).one()
    assert (event.actor, event.action, event.subject) == ("command:root", "staff.add", f"person:{staff.id}")


def test_adding_staff_again_corrects_the_names(session):
    first = add_staff(session, Staff("067010", HASH, "Anna", "Sportelli", "a@example.org"), "command:root", NOW)
    second = add_staff(session, Staff("067011", HASH, "Anna", "Rossi", "a@example.org"), "command:root", NOW)
    assert first.id == second.id and (second.code, second.family_name) == ("067011", "Rossi")


def test_a_code_names_one_person_only(session):
    add_staff(session, Staff("067010", HASH, "Anna", "Sportelli", "a@example.org"), "command:root", NOW)
    with pytest.raises(Invalid, match="067010"):
        add_staff(session, Staff("067010", "b" * 64, "Bruno", "Risposti", "b@example.org"), "command:root", NOW)
    somebody = sign_in(session, arrival(Proof(IDP, "principal:b")), (), NOW)
    with pytest.raises(Invalid, match="067010"):
        give_code(session, somebody, "067010", "command:root", NOW)


def test_the_employee_number_becomes_the_code_unless_it_is_taken(session):
    anna = sign_in(session, arrival(employee_number=("067010",)), (), NOW)
    bruno = sign_in(session, arrival(Proof(IDP, "principal:b"), employee_number=("067010",)), (), NOW)
    assert (anna.code, bruno.code) == ("067010", None)
    assert session.scalar(sa.select(sa.func.count()).select_from(Person)) == 2
