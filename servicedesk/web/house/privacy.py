"""What the desk keeps of people and for how long, and its cookies: from the settings and terms that delete them."""

from dataclasses import dataclass
from datetime import timedelta

from flask_babel import format_timedelta, ngettext
from flask_babel import gettext as _

from servicedesk.actions import appointment_files, cleaning, confirmations, files, letters, own_data
from servicedesk.settings import Settings
from servicedesk.web import language, parked
from servicedesk.web.auth import chooser, pending
from servicedesk.web.house.terms import InForce, Line, Spoken
from servicedesk.web.portal import home_services

A_DAY = timedelta(days=1)
"""The longest window in which uses are counted: that of uploads."""
A_WEEK = timedelta(days=7)
"""What static/js/local.js lets a browser keep."""
A_YEAR = timedelta(days=365)


@dataclass(frozen=True, slots=True)
class Record:
    """Something that is kept: what it is, what it is for, and how long it stays: in a word, by terms, or both."""

    what: str
    why: str
    how_long: str
    terms: tuple[Spoken, ...] = ()


@dataclass(frozen=True, slots=True)
class Cookie:
    """A technical cookie: its name, what it is for, and how long it stays."""

    name: str
    why: str
    how_long: str


def records(settings: Settings, terms: InForce) -> tuple[Record, ...]:
    """Return everything that is kept of people, in the language of the page."""
    return (
        *_of_requests(settings, terms),
        *_of_people(terms.account),
        *_of_signing_in(settings),
        *_of_the_unfinished(settings),
    )


def _of_requests(settings: Settings, terms: InForce) -> tuple[Record, ...]:
    return (
        Record(
            _("Your requests and appointments, with comments, files and answers"),
            _("To answer you, and to show later what was asked and decided."),
            "",
            (*terms.requests, Spoken((_("Appointments"),), (terms.account,))),
        ),
        Record(
            _("Files of an appointment"),
            _("For whoever meets you."),
            _("%(time)s after the appointment.", time=_time(appointment_files.KEPT)),
        ),
        Record(
            _("Notices at the bell: what happened to which request, and when"),
            _("To show you what is new."),
            f"{_time(cleaning.RECORDS)}.",
        ),
        Record(
            _("Who of the staff opened which request, and when"),
            _("To clear up who knew of what; it measures nobody's work."),
            ngettext("%(num)s month.", "%(num)s months.", settings.privacy.reading_log_months),
        ),
        Record(
            _("A copy of your data that was asked for"),
            _("So that whoever asked can take it."),
            f"{_time(own_data.KEPT)}.",
        ),
        Record(_("Mails about your account, such as confirmations"), _("To deliver them."), f"{_time(letters.KEPT)}."),
    )


def _of_people(account: Line) -> tuple[Record, ...]:
    as_requests = _("As long as your requests.")
    return (
        Record(
            _("Name, e-mail address, student number and degree course, from the university's register or your sign-in"),
            _("To know who asks, to write to you, and to bring the request to the right office."),
            as_requests,
            (Spoken((), (account,)),),
        ),
        Record(_("Your preferences and favourites"), _("So that the desk works the way you like."), as_requests),
        Record(
            _("The address that your browser gave for messages, for each device you added"),
            _("To tell you on your devices."),
            _("Until you remove the device."),
        ),
        Record(
            _("A code made from your fiscal code, from which it cannot be read"),
            _("To recognise you whichever way you sign in. The fiscal code itself is not stored with it."),
            as_requests,
        ),
    )


def _of_signing_in(settings: Settings) -> tuple[Record, ...]:
    return (
        Record(
            _("That you are signed in, on which device"),
            _("So that you sign in once, and can end the session from elsewhere."),
            _("At most %(time)s.", time=_time(timedelta(hours=settings.sessions.hours))),
        ),
        Record(
            _("Sign-ins with SPID and CIE, encrypted"),
            _("The rules of SPID and CIE demand it."),
            ngettext("%(num)s month.", "%(num)s months.", settings.records.months),
        ),
        Record(
            _("What an identity provider last gave, counts of refused sign-ins, and warnings for the operators"),
            _("To find faults and attacks."),
            f"{_time(cleaning.RECORDS)}.",
        ),
        Record(
            _("How often a network address tried something that is limited"),
            _("To keep the desk open for everyone."),
            _("At most %(time)s.", time=_time(A_DAY)),
        ),
    )


def _of_the_unfinished(settings: Settings) -> tuple[Record, ...]:
    nothing_lost = _("So that nothing you wrote is lost.")
    return (
        Record(
            _("A request you have begun and not sent, with its files"),
            nothing_lost,
            _(
                "Until you send or delete it, at most %(time)s.",
                time=_time(timedelta(days=settings.storage.draft_days)),
            ),
        ),
        Record(
            _("The same without an account: in your browser alone, beyond the tab only if you say so"),
            nothing_lost,
            _("Until you send or clear it, at most %(time)s.", time=_time(A_WEEK)),
        ),
        Record(
            _("A request without an account whose address was not confirmed"),
            _("So that nobody writes in another's name."),
            f"{_time(confirmations.LIFE)}.",
        ),
        Record(_("A form you could not send because your session was over"), nothing_lost, f"{_time(parked.LIFE)}."),
        Record(
            _("Files chosen for a form that was never sent"),
            _("So that you need not upload them twice."),
            f"{_time(files.DRAFT_LIFE)}.",
        ),
    )


def cookies(settings: Settings) -> tuple[Cookie, ...]:
    """Return every cookie the desk ever sets, in the language of the page."""
    own = settings.sessions.cookie
    return (
        Cookie(
            own,
            _("Keeps you signed in."),
            _("At most %(time)s.", time=_time(timedelta(hours=settings.sessions.hours))),
        ),
        Cookie(
            f"{own}_form",
            _("Protects forms, shows messages once, and opens a ticket filed without an account."),
            _("Until the browser is closed."),
        ),
        Cookie(
            pending.COOKIE,
            _("Ties a sign-in under way to this browser."),
            f"{_time(pending.LIFE)}.",
        ),
        Cookie(
            chooser.COOKIE,
            _("Remembers which way you signed in, to offer it first. The sign-in page can forget it."),
            f"{_time(timedelta(seconds=chooser.A_YEAR))}.",
        ),
        Cookie(
            home_services.COOKIE,
            _("Remembers which service you chose."),
            f"{_time(timedelta(seconds=language.A_YEAR))}.",
        ),
        Cookie(
            language.COOKIE,
            _("Remembers the language you chose."),
            f"{_time(timedelta(seconds=language.A_YEAR))}.",
        ),
    )


def _time(length: timedelta) -> str:
    if 1 < length.days < A_YEAR.days:
        return ngettext("%(num)s day", "%(num)s days", length.days)
    return str(format_timedelta(length, threshold=1))
