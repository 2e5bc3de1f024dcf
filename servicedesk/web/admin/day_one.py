"""What an administrator sees to, in the order of a first day: each with how it stands and where it is done."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from flask import url_for
from flask_babel import format_date, ngettext
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from servicedesk.actions.federation_sources import OWN_CERTIFICATE_WARNING
from servicedesk.rules.catalogue import Catalogue
from servicedesk.rules.level_book import Book
from servicedesk.rules.permissions import Actor, Role
from servicedesk.store import administration, leases
from servicedesk.store import service_levels as levels
from servicedesk.web.admin.federation import standings
from servicedesk.web.admin.groups import catalogue_warnings, empty_groups
from servicedesk.web.auth.federation import federation
from servicedesk.web.auth.registries import registries
from servicedesk.web.language import locale_code, say

QUIET = timedelta(minutes=15)
"""Jobs start every minute, and mails leave within seconds: after so long something stands still."""
MOST_NAMED = 10


@dataclass(frozen=True, slots=True)
class Step:
    """Something to see to: `says` how it stands, `todo` what is missing, and the page where it is done."""

    key: str
    title: str
    says: str
    url: str
    label: str
    todo: Sequence[str] = field(default=())
    commands: Sequence[str] = field(default=())
    """What to type in the shell, where nothing in the browser helps."""

    @property
    def is_done(self) -> bool:
        """Whether there is nothing left to do."""
        return not self.todo


def steps(session: Session, tree: Catalogue, actor: Actor, now: datetime) -> list[Step]:
    """Return every step; a constant number of statements for any number of people, requests and mails."""
    _number, book = levels.current(session)
    return [
        *_of_people(session, tree),
        _of_catalogue(tree),
        _of_calendars(book),
        _of_targets(book, tree),
        _of_mails(session, now),
        _of_failed_mails(session, actor),
        _of_federation(session, now),
        _of_jobs(session, now),
    ]


def _of_people(session: Session, tree: Catalogue) -> Iterator[Step]:
    members = administration.members(session)
    people = {role: {row.person_id for row in members if row.role == role} for role in Role}
    technicians, supervisors = len(people[Role.TECHNICIAN]), len(people[Role.SUPERVISOR])
    yield Step(
        "people",
        _("People"),
        ngettext("%(num)s technician", "%(num)s technicians", technicians)
        + ", "
        + ngettext("%(num)s supervisor", "%(num)s supervisors", supervisors),
        url_for("people_desk.index", show="staff"),
        _("People and their roles"),
        () if technicians else (_("Nobody works here yet: add the first member of staff."),),
    )
    led = {row.group_code for row in members if row.role == Role.SUPERVISOR}
    active = [group for group in tree.groups.values() if group.active]
    leaderless = [group.name.get(locale_code()) for group in active if group.code not in led]
    yield Step(
        "groups",
        _("Groups"),
        ngettext("%(num)s group at work", "%(num)s groups at work", len(active)),
        url_for("admin.groups"),
        _("Who works where"),
        [
            *([_("Without a supervisor: %(groups)s.", groups=_named(leaderless))] if leaderless else ()),
            *(say(each) for each in empty_groups(session, tree)),
        ],
    )


def _of_catalogue(tree: Catalogue) -> Step:
    open_ones = sum(not each.retired for each in tree.categories.values())
    return Step(
        "catalogue",
        _("Catalogue"),
        ngettext("%(num)s category", "%(num)s categories", open_ones),
        url_for("catalogue_desk.index"),
        _("The catalogue and its warnings"),
        [say(each) for each in catalogue_warnings(tree)],
    )


def _of_calendars(book: Book) -> Step:
    names = [each.name.get(locale_code()) for each in book.calendars.values()]
    return Step(
        "calendars",
        _("Opening hours"),
        _named(names),
        url_for("calendars.index"),
        _("Calendars"),
        () if names else (_("There is no calendar yet: without opening hours no time can be promised."),),
    )


def _of_targets(book: Book, tree: Catalogue) -> Step:
    promised = {each.service_id for each in book.targets if each.category is None}
    categories = (tree.categories.get(each.category or "") for each in book.targets)
    promised |= {each.service_id for each in categories if each}
    missing = [each.name.get(locale_code()) for each in tree.services.values() if not promised & {None, each.id}]
    return Step(
        "targets",
        _("Promised times"),
        ngettext("%(num)s target", "%(num)s targets", len(book.targets)),
        url_for("service_levels.index"),
        _("Service levels"),
        [_("Nothing is promised in: %(services)s.", services=_named(missing))] if missing else (),
    )


def _of_mails(session: Session, now: datetime) -> Step:
    sent_at, waits_since = administration.last_sent(session), administration.waits_since(session)
    todo = []
    if sent_at is None:
        todo.append(_("No mail has gone out yet: send yourself one."))
    if waits_since is not None and waits_since < now - QUIET:
        todo.append(_("Mails wait since %(day)s and do not go out: is the mail server there?", day=_day(waits_since)))
    says = _("The last mail went out on %(day)s.", day=_day(sent_at)) if sent_at else ""
    return Step("mail", _("Mails"), says, url_for("house_texts.index"), _("Texts of the mails"), todo)


def _of_failed_mails(session: Session, actor: Actor) -> Step:
    failed = len(administration.failed_mails(session, actor))
    words = ngettext("%(num)s mail could not be delivered.", "%(num)s mails could not be delivered.", failed)
    return Step(
        "failed",
        _("Failed mails"),
        _("Every mail went out."),
        url_for("admin.mails"),
        _("Failed mails"),
        [words] if failed else (),
    )


def _of_federation(session: Session, now: datetime) -> Step:
    ends = federation().certificate_ends
    todo = [
        _("The desk's certificate of %(profile)s ends on %(day)s: make new keys.", profile=name, day=_day(end))
        for name, end in ends.items()
        if end - now < OWN_CERTIFICATE_WARNING
    ]
    for registry in registries():
        for source in standings(session, registry, now):
            if source.failures or source.is_over:
                todo.append(_("%(profile)s: a source of identity providers cannot be read.", profile=registry.profile))
            if source.expiring:
                sentence = _("%(profile)s: certificates of identity providers end soon.", profile=registry.profile)
                todo.append(sentence)
    says = [_("%(profile)s: certificate until %(day)s", profile=name, day=_day(end)) for name, end in ends.items()]
    return Step("federation", _("Signing in"), "; ".join(says), url_for("federation.show"), _("Federation"), todo)


def _of_jobs(session: Session, now: datetime) -> Step:
    starts = [job.last_started_at for job in leases.standings(session) if job.last_started_at]
    is_quiet = not starts or now - max(starts) > QUIET
    todo = [_("The jobs stand still: no mail goes out, no request closes or resumes. In the shell, start one of:")]
    return Step(
        "jobs",
        _("Jobs"),
        _("They run."),
        url_for("admin.index", _anchor="jobs"),
        _("What each of them did"),
        todo if is_quiet else (),
        ("flask --app wsgi jobs serve", "flask --app wsgi serve") if is_quiet else (),
    )


def _day(at: datetime) -> str:
    return format_date(at, "long")


def _named(names: Sequence[str]) -> str:
    more = [_("and %(num)s more", num=len(names) - MOST_NAMED)] if len(names) > MOST_NAMED else []
    return ", ".join([*names[:MOST_NAMED], *more])
