"""What people can be told of and where: kinds of news, channels, what is always mailed, and a person's own choices."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum
from itertools import product


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
    "waiting": Kind.SOLUTION,
    QUESTION: Kind.SOLUTION,
    "solution": Kind.SOLUTION,
    "answered": Kind.SOLUTION,
    "closed": Kind.CLOSED,
    "duplicate": Kind.CLOSED,
    "expiring": Kind.CLOSED,
    "appointment_booked": Kind.APPOINTMENT,
    "appointment_moved": Kind.APPOINTMENT,
    "appointment_cancelled": Kind.APPOINTMENT,
    "appointment_reminder": Kind.APPOINTMENT,
    "assigned": Kind.WORK,
    "requester_comment": Kind.WORK,
    "edited": Kind.WORK,
    "follower_comment": Kind.WORK,
    "accepted": Kind.WORK,
    "refused": Kind.WORK,
    "reopened": Kind.WORK,
    "withdrawn": Kind.WORK,
}
"""By mail template; one that is missing here is always mailed and goes nowhere else: numbers, links, accounts."""
REQUESTERS = (Kind.OPENED, Kind.TAKEN, Kind.COMMENT, Kind.SOLUTION, Kind.CLOSED)


@dataclass(frozen=True, slots=True)
class Wishes:
    """What a person does not want; whoever chose nothing wants everything."""

    refused: frozenset[Choice] = frozenset()

    def wants(self, template: str, channel: Channel, is_guest: bool = False) -> bool:
        """Whether news of this template goes to the person this way."""
        if channel is Channel.MAIL and is_always_mailed(template, is_guest):
            return True
        kind = KIND_OF.get(template)
        return kind is not None and (kind, channel) not in self.refused


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
