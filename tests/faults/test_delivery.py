"""Mail under faults: a server that refuses, stalls and hangs up, and a sender that dies; nothing is ever lost."""

import email
import email.policy
from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from servicedesk.actions import outbox
from servicedesk.actions.tickets import act
from servicedesk.jobs import run_job
from servicedesk.rules.lifecycle import Action, State
from servicedesk.settings import Settings
from servicedesk.store.models.notices import Notice
from servicedesk.store.models.people import Person
from servicedesk.store.models.tickets import Ticket
from servicedesk.store.outbox import failed_notices
from servicedesk.turns import JobContext
from tests import factories
from tests.faults.processes import crash
from tests.gateways.smtp_server import PostOffice
from tests.job_desk import LONG_AGO, RECENTLY, let_time_pass

pytestmark = pytest.mark.both_databases


def open_ticket(context: JobContext, address: str = "anna@example.org", now: datetime = RECENTLY, **values: Any) -> int:
    """File a request and commit; its mail goes to `address`."""
    with context.sessions() as session:
        requester = factories.person(session, email=address, given_name="Anna", family_name="Rossi")
        ticket = factories.ticket(session, requester=requester, now=now, **values)
        session.commit()
        return ticket.id


def states(context: JobContext) -> list[str]:
    with context.sessions() as session:
        return list(session.scalars(sa.select(Notice.state).order_by(Notice.id)))


def notice(session: Session) -> Notice:
    return session.scalars(sa.select(Notice).order_by(Notice.id)).first()  # type: ignore[return-value]


def pass_time(context: JobContext, **delta: float) -> None:
    with context.sessions() as session:
        let_time_pass(session, timedelta(**delta))


def test_an_opened_request_reaches_its_requester(context: JobContext, office: PostOffice) -> None:
    open_ticket(context, title="Perché così?")
    assert run_job(context, "deliver_mail") == "1 sent, 0 to try again, 0 refused"
    (mail,) = office.mails()
    assert mail["To"] == "Anna Rossi <anna@example.org>"
    assert mail["Subject"].endswith("Perché così?")
    assert states(context) == ["sent"]
    assert run_job(context, "deliver_mail") == "0 sent, 0 to try again, 0 refused"
    assert len(office.arrived) == 1


def test_mails_of_a_request_arrive_in_the_order_of_its_events(context: JobContext, office: PostOffice) -> None:
    open_ticket(context, state=State.RESOLVED)
    assert run_job(context, "deliver_mail").startswith("3 sent")
    kinds = [mail["Message-ID"].split(".")[2] for mail in office.mails()]
    assert kinds == ["opened", "taken", "solution"]
    assert {mail["References"] for mail in office.mails()} == {office.mails()[0]["In-Reply-To"]}


def test_a_busy_server_gets_the_same_bytes_a_minute_later(context: JobContext, office: PostOffice) -> None:
    open_ticket(context, "busy@example.org")
    assert run_job(context, "deliver_mail") == "0 sent, 1 to try again, 0 refused"
    with context.sessions() as session:
        waiting = notice(session)
        kept = waiting.rendered
        assert (waiting.state, waiting.attempts, waiting.last_error) == ("waiting", 1, "451 come back later")
    assert run_job(context, "deliver_mail") == "0 sent, 0 to try again, 0 refused"
    office.refusal.clear()
    pass_time(context, minutes=1)
    assert run_job(context, "deliver_mail") == "1 sent, 0 to try again, 0 refused"
    assert office.arrived == [("busy@example.org", kept)]


def test_an_unknown_recipient_fails_at_once_and_staff_see_it(context: JobContext, office: PostOffice) -> None:
    open_ticket(context, "nobody@example.org")
    assert run_job(context, "deliver_mail") == "0 sent, 0 to try again, 1 refused"
    with context.sessions() as session:
        worker = factories.actor(session, factories.technician(session))
        (failed,) = failed_notices(session, worker, 10)
    assert (failed.address, failed.reason, failed.attempts) == ("nobody@example.org", "550 no such user", 1)
    pass_time(context, days=1)
    assert run_job(context, "deliver_mail").startswith("0 sent, 0 to try again")


def test_after_four_days_of_failures_a_mail_is_given_up(context: JobContext, office: PostOffice) -> None:
    open_ticket(context, "busy@example.org", LONG_AGO)
    run_job(context, "deliver_mail")
    assert states(context) == ["waiting"]
    pass_time(context, days=4)
    run_job(context, "deliver_mail")
    assert states(context) == ["failed"]


def test_a_server_that_stalls_costs_one_timeout_and_no_mail(context: JobContext, office: PostOffice) -> None:
    for name in ("anna", "bruno"):
        open_ticket(context, f"{name}@example.org")
    office.stalls = True
    assert run_job(context, "deliver_mail") == "0 sent, 2 to try again, 0 refused"
    office.stalls = False
    office.arrived.clear()  # the stalled server may have taken it after all
    pass_time(context, minutes=1)
    assert run_job(context, "deliver_mail") == "2 sent, 0 to try again, 0 refused"
    assert [address for address, _ in office.arrived] == ["anna@example.org", "bruno@example.org"]


def test_a_server_that_takes_a_mail_and_hangs_up_gets_the_very_same_again(
    context: JobContext, office: PostOffice
) -> None:
    open_ticket(context)
    office.drops_after_taking = True
    assert run_job(context, "deliver_mail") == "0 sent, 1 to try again, 0 refused"
    office.drops_after_taking = False
    pass_time(context, minutes=1)
    assert run_job(context, "deliver_mail") == "1 sent, 0 to try again, 0 refused"
    assert len(office.arrived) == 2
    assert office.arrived[0] == office.arrived[1]


def test_a_sender_that_dies_before_it_noted_the_sending_sends_the_very_same_again(
    context: JobContext, settings: Settings, office: PostOffice
) -> None:
    open_ticket(context)
    crash(settings, "deliver_mail", "UPDATE notice SET context=NULL, state", 1)
    assert (len(office.arrived), states(context)) == (1, ["waiting"])
    pass_time(context, minutes=11)
    assert run_job(context, "deliver_mail") == "1 sent, 0 to try again, 0 refused"
    assert len(office.arrived) == 2
    assert office.arrived[0] == office.arrived[1]
    assert states(context) == ["sent"]


def test_a_sender_that_dies_before_sending_loses_nothing(
    context: JobContext, settings: Settings, office: PostOffice
) -> None:
    open_ticket(context)
    crash(settings, "deliver_mail", "UPDATE notice SET rendered", 1)
    assert (office.arrived, states(context)) == ([], ["waiting"])
    pass_time(context, minutes=11)
    assert run_job(context, "deliver_mail") == "1 sent, 0 to try again, 0 refused"


def test_a_warning_that_is_no_longer_true_is_left_out(context: JobContext, office: PostOffice) -> None:
    ticket_id = open_ticket(context, now=RECENTLY - timedelta(days=15), state=State.RESOLVED)
    run_job(context, "warn")
    with context.sessions() as session:
        ticket = session.get_one(Ticket, ticket_id)
        warned = session.scalars(sa.select(Notice).where(Notice.template == "expiring")).all()
        owner = session.get_one(Person, ticket.requester_id)
        act(session, ticket, Action.ACCEPT, factories.actor(session, owner), RECENTLY)
        session.commit()
    run_job(context, "deliver_mail")
    templates = [mail["Message-ID"].split(".")[2] for mail in office.mails()]
    assert len(warned) == 1
    assert "expiring" not in templates
    assert {"solution", "closed", "accepted"} <= set(templates)


def test_a_mail_that_cannot_be_addressed_is_given_up_and_holds_up_nobody(
    context: JobContext, office: PostOffice
) -> None:
    open_ticket(context, "no address")
    open_ticket(context)
    run_job(context, "deliver_mail")
    assert states(context) == ["failed", "sent"]
    with context.sessions() as session:
        assert notice(session).last_error == "no address is no e-mail address."


def test_a_mail_whose_ticket_cannot_be_read_is_put_off_and_holds_up_nobody(
    context: JobContext, office: PostOffice
) -> None:
    broken = open_ticket(context)
    open_ticket(context, "berta@example.org")
    with context.sessions() as session:
        session.get_one(Ticket, broken).service_id = "a service that no catalogue has"
        session.commit()
    assert run_job(context, "deliver_mail") == "1 sent, 0 to try again, 0 refused"
    assert states(context) == ["waiting", "sent"]
    with context.sessions() as session:
        assert notice(session).last_error.startswith("could not be written")


def test_more_mails_than_one_batch_holds_all_go_out_once(context: JobContext, office: PostOffice) -> None:
    names = [f"person{number}@example.org" for number in range(45)]
    for name in names:
        open_ticket(context, name)
    assert run_job(context, "deliver_mail") == "45 sent, 0 to try again, 0 refused"
    assert sorted(address for address, _ in office.arrived) == sorted(names)
    ids = {
        email.message_from_bytes(content, policy=email.policy.default)["Message-ID"] for _, content in office.arrived
    }
    assert len(ids) == 45


def test_while_the_server_is_down_a_run_ends_early(context: JobContext, office: PostOffice) -> None:
    for number in range(25):
        open_ticket(context, f"person{number}@example.org")
    office.drops = True
    assert run_job(context, "deliver_mail") == "0 sent, 20 to try again, 0 refused"
    with context.sessions() as session:
        assert len(outbox.claim_due(session, RECENTLY + timedelta(hours=2), 50)) == 5
