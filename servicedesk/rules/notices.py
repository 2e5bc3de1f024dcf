"""What people can be told of and where: kinds of news, channels, what is always mailed, and a person's own choices."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from enum import StrEnum
from itertools import product
from zoneinfo import ZoneInfo

from servicedesk.rules.calendar import instant


class Kind(StrEnum):
    """Kinds of news, as people choose among them."""

    OPENED = "opened"
    TAKEN = "taken"
    COMMENT = "comment"
    SOLUTION = "solution"
    CLOSED = "closed"
    APPOINTMENT = "appointment"
    WORK = "work"
    """What those who work on requests are told."""


class Channel(StrEnum):
    """Where news goes."""

    MAIL = "mail"
    DESK = "desk"
    """The notices on the desk's own pages."""
    PUSH = "push"


Choice = tuple[Kind, Channel]
QUESTION = "question"
"""What `waiting` is called where the requester is asked something."""
KIND_OF: Mapping[str, Kind] = {
    "opened": Kind.OPENED,
    "taken": Kind.TAKEN,
    "comment": Kind.COMMENT,
    "shared": Kind.COMMENT,
    "followed": Kind.COMMENT,
    "waiting": Kind.SOLUTION,
    QUESTION: Kind.SOLUTION,
    "solution": Kind.SOLUTION,
    "answered": Kind.SOLUTION,
    "closed": Kind.CLOSED,
    "duplicate": Kind.CLOSED,
    "merged": Kind.CLOSED,
    "absorbed": Kind.COMMENT,
    "unmerged": Kind.CLOSED,
    "merged_comment": Kind.WORK,
    "expiring": Kind.CLOSED,
    "appointment_booked": Kind.APPOINTMENT,
    "appointment_moved": Kind.APPOINTMENT,
    "appointment_cancelled": Kind.APPOINTMENT,
    "appointment_reminder": Kind.APPOINTMENT,
    "appointment_offered": Kind.APPOINTMENT,
    "assigned": Kind.WORK,
    "requester_comment": Kind.WORK,
    "edited": Kind.WORK,
    "follower_comment": Kind.WORK,
    "accepted": Kind.WORK,
    "thanked": Kind.WORK,
    "refused": Kind.WORK,
    "reopened": Kind.WORK,
    "withdrawn": Kind.WORK,
    "watch_added": Kind.WORK,
    "watch_mentioned": Kind.WORK,
    "watch_news": Kind.WORK,
    "watch_unsent": Kind.WORK,
    "level_warn": Kind.WORK,
    "level_breach": Kind.WORK,
    "line_to_decide": Kind.WORK,
    "line_let_go": Kind.WORK,
    "line_kept": Kind.WORK,
    "line_escalated": Kind.WORK,
    "line_advice_asked": Kind.WORK,
    "line_advice_given": Kind.WORK,
    "line_major": Kind.WORK,
    "change_approved": Kind.WORK,
    "change_refused": Kind.WORK,
    "approval_asked": Kind.WORK,
    "approval_reminder": Kind.WORK,
    "approval_news": Kind.WORK,
    "approval_remark": Kind.WORK,
    "approved": Kind.TAKEN,
    "not_approved": Kind.CLOSED,
}
"""By mail template; one that is missing here is always mailed and goes nowhere else: numbers, links, accounts."""
TO_DECIDE = frozenset({"approval_asked", "approval_reminder", "approval_news"})
"""What leads to the page on which somebody approves or refuses."""
REQUESTERS = (Kind.OPENED, Kind.TAKEN, Kind.COMMENT, Kind.SOLUTION, Kind.CLOSED)


DAILY_KINDS = frozenset({Kind.TAKEN, Kind.COMMENT, Kind.WORK})
"""What may wait for the one mail a day; questions, solutions, closing and appointments never do."""
DAILY_HOUR = 7
DIGEST_LETTER = "digest"
Quiet = tuple[int, int]
"""Hours on the wall, from the first until before the second, over midnight where the second is smaller."""
HOURS = range(24)


@dataclass(frozen=True, slots=True)
class Habits:
    """When a person is told."""

    is_daily: bool = False
    """Whether mails that can wait come as one mail a day."""
    quiet: Quiet | None = None
    """The hours in which devices stay silent."""

    def mail_waits(self, template: str) -> bool:
        """Whether a mail of this template waits for the one of the day."""
        return self.is_daily and KIND_OF.get(template) in DAILY_KINDS

    def device_at(self, now: datetime, zone: ZoneInfo) -> datetime:
        """Return when a device may be told: now, or when the quiet hours end."""
        if self.quiet is None or self.quiet[0] == self.quiet[1]:
            return now
        start, end = self.quiet
        hour = now.astimezone(zone).hour
        is_quiet = start <= hour < end if start < end else hour >= start or hour < end
        return next_hour(now, end, zone) if is_quiet else now


@dataclass(frozen=True, slots=True)
class Wishes:
    """What a person does not want, and when the rest comes; whoever chose nothing wants everything at once."""

    refused: frozenset[Choice] = frozenset()
    habits: Habits = Habits()

    def wants(self, template: str, channel: Channel, is_guest: bool = False) -> bool:
        """Whether news of this template goes to the person this way."""
        if channel is Channel.MAIL and is_always_mailed(template, is_guest):
            return True
        kind = KIND_OF.get(template)
        return kind is not None and (kind, channel) not in self.refused


def next_hour(now: datetime, hour: int, zone: ZoneInfo) -> datetime:
    """Return the next instant (UTC) at which it is `hour` o'clock on the wall of `zone`."""
    wall = now.astimezone(zone).replace(tzinfo=None)
    found = datetime.combine(wall.date(), time(hour))
    return instant(found if found > wall else found + timedelta(days=1), zone)


def is_always_mailed(template: str, is_guest: bool) -> bool:
    """Whether nobody can turn this mail off: the warning of rule 1, a guest's number (rule 3), links and accounts."""
    return template not in KIND_OF or template == "expiring" or (is_guest and template == "opened")


def offered(is_guest: bool, is_staff: bool, channels: Collection[Channel] = tuple(Channel)) -> tuple[Choice, ...]:
    """Return what a person can choose, by kind; guests have no page for notices, no device and no appointments."""
    kinds = REQUESTERS if is_guest else (*REQUESTERS, Kind.APPOINTMENT, *((Kind.WORK,) if is_staff else ()))
    ways = [Channel.MAIL] if is_guest else [channel for channel in Channel if channel in channels]
    fixed = {(Kind.OPENED, Channel.MAIL)} if is_guest else set()
    return tuple(choice for choice in product(kinds, ways) if choice not in fixed)


def written(choice: Choice) -> str:
    """Return a choice as one word, such as "comment.mail"."""
    return ".".join(choice)


def read(words: Collection[str]) -> frozenset[Choice]:
    """Read choices back; words that are none count for nothing."""
    known = {written(choice): choice for choice in product(Kind, Channel)}
    return frozenset(known[word] for word in words if word in known)
