"""What earlier releases wrote in the place of names and texts becomes a mark, and words again on the way back."""

from importlib import import_module

import sqlalchemy as sa
from alembic.migration import MigrationContext
from alembic.operations import Operations
from sqlalchemy.orm import Session

from servicedesk.rules.lifecycle import State
from servicedesk.rules.removed import PERSON, STAFF, TEXT
from servicedesk.store.models.people import Person
from servicedesk.store.models.tickets import Message, Ticket
from tests import factories

migration = import_module("servicedesk.store.migrations.versions.0037_removed_marks")


def test_words_of_a_removed_person_become_marks_and_others_texts_stay(session: Session) -> None:
    factories.publish(session)
    gone, staff, kept = (factories.person(session, code=code) for code in (None, "0815", None))
    first, second = (factories.ticket(session, requester=who, state=State.CLOSED) for who in (gone, kept))
    for who, words in ((gone, "Persona rimossa"), (staff, "Ex dipendente")):
        who.given_name, who.family_name, who.anonymised_at = "", words, factories.NOW
    first.anonymised_at = factories.NOW
    for ticket in (first, second):
        ticket.title = "(testo rimosso)"
        session.execute(
            sa.update(Message)
            .where(Message.ticket_id == ticket.id)
            .values(body_text="(testo rimosso)", body_html="<p>(testo rimosso)</p>")
        )
    session.flush()

    def said() -> tuple[list[str], list[str], set[str]]:
        session.expire_all()
        people = sa.select(Person.family_name).where(Person.id.in_([gone.id, staff.id])).order_by(Person.id)
        titles = sa.select(Ticket.title).order_by(Ticket.id)
        bodies = sa.select(Message.body_html).where(Message.ticket_id == first.id)
        return list(session.scalars(people)), list(session.scalars(titles)), set(session.scalars(bodies))

    with Operations.context(MigrationContext.configure(session.connection())):
        migration.mark()
        assert said() == ([PERSON, STAFF], [TEXT, "(testo rimosso)"], {f"<p>{TEXT}</p>"})
        assert kept.family_name not in {PERSON, STAFF}
        migration.unmark()
        assert said()[0] == ["Person removed", "Former member of staff"]
        assert said()[1:] == (["(text removed)", "(testo rimosso)"], {"<p>(text removed)</p>"})
