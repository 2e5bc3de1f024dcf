"""Builds the demo's data in a folder beside its place and moves them there when whole."""

import shutil
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import click
import sqlalchemy as sa
from sqlalchemy.orm import Session

from servicedesk import jobs, mailing, turns
from servicedesk.actions import outbox
from servicedesk.actions.answers import import_answer
from servicedesk.actions.catalogue import apply, publishable
from servicedesk.actions.counters import set_counter
from servicedesk.commands import (
    demo_announcements,
    demo_appointments,
    demo_approvals,
    demo_catalogue,
    demo_changes,
    demo_figures,
    demo_following,
    demo_house,
    demo_levels,
    demo_lines,
    demo_people,
    demo_privacy,
    demo_queue,
    demo_recurring,
    demo_relations,
    demo_retention,
    demo_rules,
    demo_script,
    demo_seen,
    demo_standard,
    demo_work,
)
from servicedesk.commands.demo_plan import Planner
from servicedesk.commands.demo_play import Play
from servicedesk.commands.demo_sink import sink
from servicedesk.gateways import counters_file
from servicedesk.gateways.answer_files import read_folder
from servicedesk.gateways.mailbox import Mailbox
from servicedesk.settings import ROOT, Settings
from servicedesk.store import catalogue, leases, migrate
from servicedesk.store.base import writing

SCRIPT = ROOT / "config" / "demo" / "conversations.toml"
COUNTERS = ROOT / "config" / "demo" / "counters.toml"
ANSWERS = ROOT / "config" / "demo" / "answers"
DAYS = 91
MAILS_KEPT = timedelta(days=14)
POST_EVERY = timedelta(minutes=20)
"""How long the demo's mails wait at most, in the time the demo's tickets live in."""


def ensure(settings: Settings, now: datetime) -> None:
    """Build the demo's data unless they are there; bring an older demo's database to the newest revision.

    Raises ClickException when the settings put the data where they cannot be moved as one.
    """
    home = home_of(settings)
    if Path(_file(settings)).exists():
        migrate.upgrade(settings.database.url)
        return
    if home.exists():
        raise click.ClickException(f"{home} holds something else than a demo. Remove or rename it, then start again.")
    build(settings, home, now)


def home_of(settings: Settings) -> Path:
    """Return the one folder in which database, attachments and mails lie."""
    home = Path(_file(settings)).parent
    if home not in settings.storage.folder.parents or home not in settings.demo.mailbox.parents:
        raise click.ClickException(
            f"In the demo, storage.folder and demo.mailbox must lie in the database's folder {home}."
        )
    return home


def _file(settings: Settings) -> str:
    url = sa.make_url(settings.database.url)
    if url.get_backend_name() != "sqlite" or not url.database:
        raise click.ClickException(
            "The demo runs on an SQLite file: set database.url to sqlite:///instance/demo/desk.sqlite3."
        )
    return url.database


def build(settings: Settings, home: Path, now: datetime) -> None:
    """Build everything in a temporary folder, then give it its name."""
    temporary = home.with_name(f"{home.name}.building")
    shutil.rmtree(temporary, ignore_errors=True)
    temporary.mkdir(parents=True)
    try:
        fill(_moved(settings, home, temporary), now)
        temporary.rename(home)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _moved(settings: Settings, home: Path, place: Path) -> Settings:
    def moved(path: Path) -> Path:
        return place / path.relative_to(home)

    return settings.model_copy(
        update={
            "database": settings.database.model_copy(update={"url": f"sqlite:///{moved(Path(_file(settings)))}"}),
            "storage": settings.storage.model_copy(update={"folder": moved(settings.storage.folder)}),
            "demo": settings.demo.model_copy(update={"mailbox": moved(settings.demo.mailbox)}),
        }
    )


def fill(settings: Settings, now: datetime) -> None:
    """Make database, people and tickets by the real actions, and deliver the mails into the mailbox."""
    migrate.upgrade(settings.database.url)
    click.echo(f"Database at revision {migrate.head()}.")
    context = jobs.make_context(settings)
    began = now - timedelta(days=DAYS)
    with context.sessions() as session:
        read = publishable(settings.catalogue.read_bytes(), settings.catalogue.name)
        with writing(session):
            apply(session, read, demo_people.BY, began)
        click.echo(
            f"Catalogue applied: {len(read.catalogue.categories)} categories, {len(read.catalogue.groups)} groups."
        )
        click.echo(f"Announcements: {demo_announcements.add(session, now)}.")
        click.echo(f"Promised times: {demo_levels.add(session, began)}.")
        click.echo(f"Answers: {add_answers(session, began)}.")
        click.echo(f"Counters: {add_counters(session, began)}.")
        click.echo(f"Standard answers: {demo_standard.add(session, began)}.")
        students = demo_people.import_register(session, settings, began)
        staff = demo_people.add_staff(session, settings, began)
        click.echo(f"People: {students} students in the register, {staff} members of staff.")
        click.echo(f"Drafts of the catalogue: {demo_catalogue.add(session, now)}.")
        with sink(Mailbox(settings.demo.mailbox), settings.mail.host, settings.demo.smtp_port):
            live(session, context, now)
    context.sessions.kw["bind"].dispose()


def add_counters(session: Session, now: datetime) -> int:
    """Open the demo's counters for appointments and return how many they are."""
    found = counters_file.read(COUNTERS.read_bytes())
    with writing(session):
        for counter in found:
            set_counter(session, counter, demo_people.BY, now)
    return len(found)


def add_answers(session: Session, now: datetime) -> int:
    """Publish the demo's answers and return how many they are."""
    found = read_folder(ANSWERS)
    with writing(session):
        for key, written in found.items():
            import_answer(session, key, written, demo_people.BY, now)
    return len(found)


def live(session: Session, context: turns.JobContext, now: datetime) -> None:
    """Let the demo's tickets live through their days up to now."""
    planner = Planner(
        demo_script.load(SCRIPT),
        demo_people.load_cast(context.settings),
        catalogue.current(session),
        now,
        ZoneInfo(context.settings.site.zone),
    )
    stories = planner.stories()
    moments = planner.moments(stories)
    play = Play(session, context.storage, context.settings, stories)
    post = Post.opened(context, now - MAILS_KEPT)
    with click.progressbar(moments, label=f"Living through {DAYS - 1} days") as bar:
        for moment in bar:
            post.deliver_before(moment.at)
            play.perform(moment)
    post.deliver_before(now)
    play.keep_silence(now)
    click.echo(f"Answered with standard answers: {demo_standard.answer_some(session, now)}.")
    click.echo(f"Appointments: {demo_appointments.add(session, now)}.")
    click.echo(f"Shared or public requests: {demo_following.add(session, now)}.")
    click.echo(f"Linked, merged and split requests: {demo_relations.add(session, now)}.")
    click.echo(f"Requests to approve: {demo_approvals.add(session, now)}.")
    click.echo(f"Planned changes: {demo_changes.add(session, now)}.")
    click.echo(f"Asked between lines: {demo_lines.add(session, now)}.")
    click.echo(f"Answers begun and not sent: {demo_work.add(session, now)}.")
    click.echo(f"Saved views of the queue: {demo_queue.add(session, now)}.")
    click.echo(f"Rules: {demo_rules.add(session, now)}.")
    click.echo(f"Texts of the house: {demo_house.add(session, now)}.")
    click.echo(f"Recurring requests: {demo_recurring.add(session, context, now)}.")
    click.echo(f"Figures: {demo_figures.add(session, context, now)}.")
    click.echo(f"Requests opened by staff: {demo_privacy.add(session, context, now)}.")
    click.echo(f"Open requests that technicians have seen: {demo_seen.add(session, now)}.")
    click.echo(f"Services with terms of keeping: {demo_retention.add(session, context, now)}.")
    post.deliver(now)
    post.close()
    click.echo(f"{len(play.opened)} tickets.")


@dataclass
class Post:
    """The delivery job at the instants the tickets live in; one lease for all of its rounds.

    Mails from before `since` count as taken by the server, unwritten: they would double the time of a build, and
    nobody reads a mailbox of the demo that far back.
    """

    context: turns.JobContext
    lease: leases.Lease
    since: datetime
    last: datetime | None = None

    @classmethod
    def opened(cls, context: turns.JobContext, since: datetime) -> "Post":
        """Take the lease of the delivery job."""
        with context.sessions() as session, writing(session):
            lease = leases.take(session, "deliver_mail", "demo", turns.HOLD, None)
        assert lease is not None
        return cls(context, lease, since)

    def deliver_before(self, at: datetime) -> None:
        """Deliver what is waiting when a while has passed since the last round."""
        if at < self.since:
            return
        if self.last is None:
            self._pass_over()
            self.last = at
        if at - self.last > POST_EVERY:
            self.deliver(self.last + POST_EVERY)
            self.last = at

    def deliver(self, at: datetime) -> None:
        """Deliver what is waiting, all of it as of that instant: a round of the past takes no time."""
        turn = turns.Turn(self.context, self.lease, at)
        mailing.deliver(self.context, turn.batch, lambda: at, lambda: datetime.now(UTC), turns.HOLD)

    def close(self) -> None:
        """Give the lease back."""
        with self.context.sessions() as session, writing(session):
            leases.finish(session, self.lease, "")

    def _pass_over(self) -> None:
        with self.context.sessions() as session:
            while True:
                with writing(session):
                    passed = outbox.claim_due(session, self.since, turns.BATCH)
                    for notice_id in passed:
                        outbox.mark_sent(session, notice_id, self.since)
                if not passed:
                    return
