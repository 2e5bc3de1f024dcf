"""Who becomes which person: one by the fiscal code whatever the provider, never one by an e-mail address (rule 6)."""

from datetime import timedelta
from threading import Barrier, Thread

import pytest
import sqlalchemy as sa
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from servicedesk.actions import accounts, earlier_tickets, first_access, holds, links, second_factor
from servicedesk.actions.cleaning import forget_overdue
from servicedesk.actions.people import Arrival, sign_in
from servicedesk.gateways import one_time_codes
from servicedesk.gateways.passkeys import NewPasskey
from servicedesk.rules.errors import Conflict, DeskError, Gone, Invalid, NotAllowed
from servicedesk.rules.identity import check_letter, stable_proof
from servicedesk.store import people
from servicedesk.store.accounts import account_at, factors_of, passkey
from servicedesk.store.anonymising import is_held
from servicedesk.store.base import writing
from servicedesk.store.models.accounts import AccountStep, Contact, LocalAccount, MailedLink, Passkey
from servicedesk.store.models.notices import Notice
from servicedesk.store.models.people import Identity, Person
from servicedesk.store.models.system import AuditEvent
from servicedesk.store.models.tickets import Ticket
from tests import factories
from tests.factories import NOW, later

KEY = "a-key-of-the-tests-that-everybody-can-read"
DAY = timedelta(days=1)
CODE = "STDLCU02A41X999Z"
TRANSIENT = "urn:oasis:names:tc:SAML:2.0:nameid-format:transient"
RITA = accounts.Registration("Rita@Example.org", "Rita", "Ospiti", "it", "hash")


def arrive(session: Session, provider: str, code: str, email: str = "lucia@example.org") -> Person:
    whole = code[:15] + check_letter(code[:15])
    facts = {"fiscal_code": (whole,), "given_name": ("Lucia",), "family_name": ("Studente",), "email": (email,)}
    proof = stable_proof(KEY, provider, facts, f"_{provider}", TRANSIENT)
    return sign_in(session, Arrival(proof, facts, "it"), (), NOW)


def registered(session: Session, new: accounts.Registration = RITA) -> Person:
    accounts.register(session, new, DAY, NOW)
    return accounts.finish_registration(session, token_in(session), NOW)[0]


def token_in(session: Session) -> str:
    """The token in the newest mail with a link."""
    query = sa.select(Notice).where(Notice.context.is_not(None)).order_by(Notice.id.desc())
    notice = session.scalars(query).first()
    assert notice and notice.context
    return str(notice.context["path"]).rsplit("/", 1)[1]


@pytest.fixture(autouse=True)
def published(session: Session) -> None:
    factories.publish(session)


def test_two_spid_providers_cie_and_the_university_with_one_fiscal_code_are_one_person(session: Session) -> None:
    providers = ("https://one.spid.example", "https://two.spid.example", "https://cie.example", "https://uni.example")
    found = {arrive(session, each, CODE, f"{number}@example.org").id for number, each in enumerate(providers)}
    assert len(found) == 1
    assert [identity.namespace for identity in session.scalars(sa.select(Identity))] == ["fiscal"]
    assert arrive(session, providers[0], "RSSMRA80A01H501U").id not in found


def test_two_people_with_one_address_stay_two(session: Session) -> None:
    first = arrive(session, "https://one.example", CODE, "shared@example.org")
    second = arrive(session, "https://one.example", "RSSMRA80A01H501U", "shared@example.org")
    own = registered(session, accounts.Registration("shared@example.org", "L", "S", "it", "hash"))
    assert len({first.id, second.id, own.id}) == 3


def test_the_chosen_address_and_language_outlive_the_next_sign_in(session: Session) -> None:
    person = arrive(session, "https://one.example", CODE)
    first_access.confirm_data(session, person.id, first_access.Said("X", "Y", "mine@example.net", "en"), DAY, NOW)
    first_access.verify_address(session, token_in(session), NOW)
    again = arrive(session, "https://two.example", CODE, "fresh@example.org")
    assert (again.id, again.email, again.locale, again.display_name) == (
        person.id,
        "fresh@example.org",
        "en",
        "Lucia Studente",
    )
    assert people.mail_address(session, person.id) == "mine@example.net"


def test_a_students_mail_goes_to_the_institutional_address_whatever_was_chosen(session: Session) -> None:
    student = factories.student(session)
    session.add(Contact(person_id=student.id, address="mine@example.net", verified_at=NOW, done_at=NOW))
    session.flush()
    assert people.mail_address(session, student.id) == f"s{student.id}@studenti.example.org"


def test_whoever_registered_corrects_their_own_name(session: Session) -> None:
    person = registered(session)
    said = first_access.Said("Rita Maria", "Ospiti", "Rita@Example.org", "en")
    assert first_access.confirm_data(session, person.id, said, DAY, NOW) is False
    assert (person.display_name, person.locale) == ("Rita Maria Ospiti", "en")


def test_an_account_is_found_in_any_spelling_of_its_address_and_there_is_one(session: Session) -> None:
    person = registered(session)
    account = account_at(session, accounts.folded(" RITA@example.ORG"))
    assert account is not None and account.person_id == person.id
    accounts.register(session, RITA, DAY, NOW)
    assert session.scalars(sa.select(MailedLink)).all() == []
    with pytest.raises(Gone):
        accounts.add_account(session, factories.person(session), "rita@EXAMPLE.org", NOW)
    assert len(session.scalars(sa.select(LocalAccount)).all()) == 1


def test_an_invited_administrator_chooses_a_password_and_the_newest_link_counts(session: Session) -> None:
    boss = factories.administrator(session, email="boss@example.org")
    first = accounts.invite(session, boss, DAY, "command:root", NOW).rsplit("/", 1)[1]
    second = accounts.invite(session, boss, DAY, "command:root", NOW).rsplit("/", 1)[1]
    with pytest.raises(Gone):
        accounts.reset_password(session, first, "hash", NOW)
    accounts.reset_password(session, second, "chosen", NOW)
    account = account_at(session, "boss@example.org")
    assert account is not None and (account.person_id, account.password_hash) == (boss.id, "chosen")
    assert [event.action for event in session.scalars(sa.select(AuditEvent))] == ["account.invite"] * 2


def test_nobody_is_invited_without_an_address(session: Session) -> None:
    with pytest.raises(Invalid):
        accounts.invite(session, factories.person(session, email=""), DAY, "command:root", NOW)


def test_a_closed_account_is_not_welcome(session: Session) -> None:
    person = registered(session)
    assert len(accounts.welcome(session, person.id, NOW)) >= 32
    person.is_active = False
    with pytest.raises(NotAllowed):
        accounts.welcome(session, person.id, NOW)


def test_a_link_is_good_for_its_purpose_until_its_last_second(session: Session) -> None:
    token = links.make(session, links.PASSWORD, "a@example.org", NOW + DAY)
    for purpose in (links.REGISTER, links.ADDRESS):
        with pytest.raises(Gone):
            links.take(session, token, purpose, NOW)
    with pytest.raises(Gone):
        links.look(session, token, links.PASSWORD, NOW + DAY)
    assert links.take(session, token, links.PASSWORD, NOW + DAY - timedelta(seconds=1)).address == "a@example.org"


def test_of_two_who_use_a_link_at_once_one_gets_it(fresh_database: Engine) -> None:
    with Session(fresh_database) as session, writing(session):
        token = links.make(session, links.REGISTER, "a@example.org", NOW + DAY)
    barrier, results = Barrier(2), list[str]()

    def use() -> None:
        barrier.wait()
        try:
            with Session(fresh_database) as session, writing(session):
                results.append(links.take(session, token, links.REGISTER, NOW).address)
        except DeskError:
            results.append("gone")

    threads = [Thread(target=use) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(results) == ["a@example.org", "gone"]


def test_what_is_over_is_forgotten(session: Session) -> None:
    accounts.register(session, RITA, DAY, NOW)
    second_factor.begin_step(session, second_factor.PASSKEY, None, "/", NOW)
    forget_overdue(session, NOW + second_factor.STEP_LIFE + timedelta(seconds=1))
    assert (len(session.scalars(sa.select(MailedLink)).all()), session.scalars(sa.select(AccountStep)).all()) == (1, [])
    forget_overdue(session, NOW + DAY + timedelta(seconds=1))
    assert session.scalars(sa.select(MailedLink)).all() == []


def test_linking_takes_files_words_and_pending_mails_along_and_keeps_other_tickets(session: Session) -> None:
    person = registered(session)
    guests = [factories.guest(session, email="rita@example.org", phone="+39 030 1") for _ in range(2)]
    tickets = [factories.ticket(session, requester=guest, key="login", suffix="7KQF2M") for guest in guests]
    assert earlier_tickets.link(session, person.id, [tickets[0].number, "2026999999"], NOW) == [tickets[0].number]
    session.expire_all()
    assert [ticket.requester_id for ticket in tickets] == [person.id, guests[1].id]
    waiting = session.scalars(sa.select(Notice.recipient_id).where(Notice.ticket_id == tickets[0].id))
    assert set(waiting) == {person.id}
    assert person.phone == "+39 030 1"
    assert earlier_tickets.link(session, person.id, [tickets[0].number], later(minutes=1)) == []


@pytest.mark.parametrize("is_request_held", [False, True])
def test_a_hold_on_a_guest_stays_on_the_request_that_goes_to_an_account(
    session: Session, is_request_held: bool
) -> None:
    person = registered(session)
    guest = factories.guest(session, email="rita@example.org")
    ticket = factories.ticket(session, requester=guest, key="login", suffix="7KQF2M")
    boss = factories.actor(session, factories.administrator(session))
    holds.hold_person(session, boss, guest.id, "An appeal is pending.", NOW)
    if is_request_held:
        holds.hold_ticket(session, boss, ticket.number, "Another appeal is pending.", NOW)
    assert earlier_tickets.link(session, person.id, [ticket.number], NOW) == [ticket.number]
    assert is_held(session, person.id)


def test_without_a_verified_address_nothing_is_linked(session: Session) -> None:
    person = arrive(session, "https://one.example", CODE, "rita@example.org")
    guest = factories.guest(session, email="rita@example.org")
    ticket = factories.ticket(session, requester=guest, key="login", suffix="7KQF2M")
    assert earlier_tickets.link(session, person.id, [ticket.number], NOW) == []
    assert session.get_one(Ticket, ticket.id).requester_id == guest.id


NEW_KEY = NewPasskey("credential", b"key", 0)


def test_a_passkey_belongs_to_one_account_and_comes_with_recovery_codes_once(session: Session) -> None:
    rita = registered(session)
    other = registered(session, accounts.Registration("o@example.org", "O", "O", "it", "hash"))
    assert len(second_factor.add_passkey(session, rita.id, NEW_KEY, "phone", NOW)) == 10
    assert second_factor.add_passkey(session, rita.id, NewPasskey("second", b"key", 0), "key", NOW) == ()
    with pytest.raises(Invalid):
        second_factor.add_passkey(session, other.id, NEW_KEY, "phone", NOW)
    second_factor.remove_passkey(session, other.id, factors_of(session, rita.id).passkeys[0].id, NOW)
    assert [each.name for each in factors_of(session, rita.id).passkeys] == ["phone", "key"]


def test_a_passkey_used_twice_at_once_or_after_its_step_does_not_count(session: Session) -> None:
    rita = registered(session)
    second_factor.add_passkey(session, rita.id, NEW_KEY, "phone", NOW)
    seen = passkey(session, "credential")
    assert seen is not None
    session.expunge(seen)
    tokens = [second_factor.begin_step(session, second_factor.PASSKEY, None, "/", NOW) for _ in range(2)]
    second_factor.use_passkey(session, tokens[0], seen, 1, NOW)
    with pytest.raises(Gone):
        second_factor.use_passkey(session, tokens[0], seen, 1, NOW)
    with pytest.raises(Conflict):
        second_factor.use_passkey(session, tokens[1], seen, 1, NOW)
    assert session.scalars(sa.select(Passkey.sign_count)).one() == 1


def test_after_the_secret_key_was_replaced_recovery_codes_still_open(session: Session) -> None:
    rita = registered(session)
    second_factor.begin_codes(session, rita.id, one_time_codes.new_secret(KEY))
    second_factor.add_passkey(session, rita.id, NEW_KEY, "phone", NOW)
    fresh = second_factor.renew_recovery_codes(session, rita.id, NOW)
    token = second_factor.begin_step(session, second_factor.FACTOR, rita.id, "/x", NOW)
    assert second_factor.try_code(session, token, "123456", KEY + "new", NOW) is None
    proved = second_factor.try_code(session, token, fresh[3], KEY + "new", NOW)
    assert proved is not None and (proved.person_id, proved.next_path, proved.recovery_left) == (rita.id, "/x", 9)


def test_somebody_elses_recovery_code_opens_nothing(session: Session) -> None:
    rita = registered(session)
    other = registered(session, accounts.Registration("o@example.org", "O", "O", "it", "hash"))
    codes = second_factor.renew_recovery_codes(session, other.id, NOW)
    token = second_factor.begin_step(session, second_factor.FACTOR, rita.id, "/", NOW)
    assert second_factor.try_code(session, token, codes[0], KEY, NOW) is None


def test_resetting_the_second_factor_is_recorded_and_ends_sessions(session: Session) -> None:
    rita = registered(session)
    assert second_factor.reset(session, rita.id, "command:root", NOW) is False
    second_factor.add_passkey(session, rita.id, NEW_KEY, "phone", NOW)
    assert second_factor.reset(session, rita.id, "command:root", NOW) is True
    assert not factors_of(session, rita.id).any
    assert session.scalars(sa.select(AuditEvent.action)).all() == ["factor.reset"]
