"""The demo's tickets come to be: every moment of the plan is done by the real actions, and the jobs run in between."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import InstrumentedAttribute, Session

from servicedesk.actions import guests, level_runs, silence
from servicedesk.actions.details import Details
from servicedesk.actions.tickets import NewTicket, act, open_ticket
from servicedesk.commands import demo_files, demo_people
from servicedesk.commands.demo_people import GUEST, Requester
from servicedesk.commands.demo_plan import Moment, Story
from servicedesk.commands.demo_plots import Step, Who
from servicedesk.gateways.storage import Storage
from servicedesk.rules.catalogue import Category, Field, FieldKind
from servicedesk.rules.forms import NOT_ISSUED
from servicedesk.rules.lifecycle import Action
from servicedesk.rules.numbering import new_suffix
from servicedesk.rules.permissions import Actor, ActorKind
from servicedesk.settings import Settings
from servicedesk.store import catalogue, people
from servicedesk.store.base import writing
from servicedesk.store.models.tickets import Ticket
from servicedesk.store.staff import person_meant
from servicedesk.store.tickets import locked, next_number

LEADER = "n.coordini@unidemo.example"
PHONE = "+39 030 5550147"
BATCH = 200
Run = Callable[[Session, datetime, int], int]


RUNS: Sequence[tuple[InstrumentedAttribute[datetime | None], Run]] = (
    (Ticket.resume_at, silence.resume_due),
    (Ticket.expires_at, silence.expire_due),
    (Ticket.warn_at, silence.warn_due),
    (Ticket.warn_level_at, level_runs.alert_due),
)
"""What the jobs do by the tickets' own clocks."""


@dataclass(frozen=True)
class Opened:
    """A ticket of a story."""

    number: str
    requester: Actor


@dataclass
class Play:
    """The play on its stage: a database and a storage; `opened` holds the tickets by the place of their story."""

    session: Session
    storage: Storage
    settings: Settings
    stories: Sequence[Story]
    opened: dict[int, Opened] = field(default_factory=dict)
    _actors: dict[int, Actor] = field(default_factory=dict)

    def perform(self, moment: Moment) -> None:
        """Do what the plan wants at this moment, after everything the jobs have to do before it."""
        self.keep_silence(moment.at)
        if moment.step is None:
            self._open(moment.story, moment.at)
        else:
            self._act(moment, moment.step)

    def keep_silence(self, until: datetime) -> None:
        """Warn, close, resume and tell whatever falls due until then, each at its own time."""
        while (due := self._next_due()) is not None and due[0] <= until:
            at, place = due
            with writing(self.session):
                RUNS[place][1](self.session, at + timedelta(seconds=30), BATCH)

    def _next_due(self) -> tuple[datetime, int] | None:
        """Return when the next of the runs has something to do, and the place of that run."""
        found = [
            self.session.scalar(sa.select(clock).where(clock.is_not(None)).order_by(clock).limit(1))
            for clock, _run in RUNS
        ]
        return min(((at, place) for place, at in enumerate(found) if at is not None), default=None)

    def _open(self, place: int, at: datetime) -> None:
        story = self.stories[place]
        zone = ZoneInfo(self.settings.site.zone)
        with writing(self.session):
            number = next_number(self.session, at, zone)
        file, draft_key = self._files(story, at)
        with writing(self.session):
            person_id = self._arrive(story.requester, at)
            is_guest = story.requester.kind == GUEST
            category = catalogue.current(self.session).categories[story.category]
            new = NewTicket(
                number=number,
                category_key=category.key,
                title=story.speaker.title(),
                body=story.speaker.request(),
                origin="public_form" if is_guest else "person",
                answers=self._answers(category, story),
                access_suffix=new_suffix() if is_guest else None,
                files=file,
                draft_key=draft_key,
            )
            asker = Actor(ActorKind.GUEST if is_guest else ActorKind.PERSON, person_id=person_id)
            ticket = open_ticket(self.session, new, person_id, asker, at)
            if is_guest:
                asker = Actor(ActorKind.GUEST, person_id=person_id, ticket_id=ticket.id)
        self.opened[place] = Opened(number, asker)

    def _files(self, story: Story, at: datetime) -> tuple[tuple[str, ...], str]:
        names = story.speaker.conversation.files
        if not names:
            return (), ""
        words = f"{story.requester.given_name} {story.requester.family_name}\n{names[0]}\n{at:%d/%m/%Y}"
        upload_id, draft_key = demo_files.attach(self.session, self.storage, names[0], words, at)
        return (upload_id,), draft_key

    def _arrive(self, who: Requester, at: datetime) -> int:
        if who.kind == GUEST:
            guest = guests.Guest(who.given_name, who.family_name, who.email, "", who.locale)
            return guests.new_guest(self.session, guest, at).id
        return demo_people.sign_in(self.session, self.settings, who, at - timedelta(minutes=4))

    def _answers(self, category: Category, story: Story) -> Mapping[str, str]:
        return {each.key: FILLED[each.kind](each, story) for each in category.fields if each.kind in FILLED}

    def _act(self, moment: Moment, step: Step) -> None:
        opened = self.opened[moment.story]
        ticket = self.session.execute(
            sa.select(Ticket.technician_id, Ticket.group_code, Ticket.urgency).where(Ticket.number == opened.number)
        ).one()
        if step.action is Action.TAKE and ticket.technician_id is not None:
            return  # routing has given it to a technician already
        actor = self._actor(step.who, opened, ticket.technician_id, ticket.group_code)
        details = self._details(moment, step, ticket.group_code, ticket.urgency)
        with writing(self.session):
            act(self.session, locked(self.session, opened.number, actor), step.action, actor, moment.at, details)

    def _actor(self, who: Who, opened: Opened, technician_id: int | None, group: str) -> Actor:
        if who is Who.REQUESTER:
            return opened.requester
        if who is Who.LEADER:
            return self._known(person_meant(self.session, LEADER).id)
        members = people.members_of(self.session, group)
        # Whoever comes first takes it: not always the same one.
        return self._known(technician_id or members[int(opened.number) % len(members)].id)

    def _known(self, person_id: int) -> Actor:
        if person_id not in self._actors:
            actor = people.actor_of(self.session, person_id)
            assert actor is not None
            self._actors[person_id] = actor
        return self._actors[person_id]

    def _details(self, moment: Moment, step: Step, group: str, urgency: int) -> Details:
        story = self.stories[moment.story]
        conversation, rng = story.speaker.conversation, story.speaker.rng
        members = people.members_of(self.session, group) if step.action is Action.ASSIGN_TECHNICIAN else ()
        return Details(
            note=story.speaker.say(step.text) if step.text else None,
            group=conversation.forward_to,
            technician_id=rng.choice(members).id if members else None,
            category=conversation.category,
            urgency=min(5, urgency + rng.randint(1, 2)),
            impact=rng.randint(2, 4),
            waiting_for=step.waiting_for,
            until=moment.at + timedelta(days=step.until_days) if step.until_days else None,
            duplicate_of=self.opened[story.first].number if story.first is not None else "",
            keep_watching=step.action is Action.FORWARD and rng.random() < 0.4,
        )


def _course(_field: Field, story: Story) -> str:
    return story.requester.course or "Economia aziendale"


def _text(field: Field, story: Story) -> str:
    return {"place": f"Polo centrale, {story.speaker.values['room']}", "host": "Officine Alba srl"}.get(field.key, "")


FILLED: Mapping[FieldKind, Callable[[Field, Story], str]] = {
    FieldKind.TEXT: _text,
    FieldKind.LONG_TEXT: _text,
    FieldKind.CHOICE: lambda field, story: story.speaker.rng.choice(field.options)[0],
    FieldKind.STUDENT_NUMBER: lambda _field, story: story.requester.number or NOT_ISSUED,
    FieldKind.DEGREE_COURSE: _course,
    FieldKind.PHONE: lambda _field, _story: PHONE,
}
