"""The words of a ticket's life: states, actions, outcomes, and who is told."""

from enum import StrEnum


class State(StrEnum):
    """Where a ticket stands (requirement F6)."""

    NEW = "new"
    ASSIGNED_GROUP = "assigned_group"
    ASSIGNED_TECHNICIAN = "assigned_technician"
    IN_PROGRESS = "in_progress"
    WAITING = "waiting"
    RESOLVED = "resolved"
    CLOSED = "closed"
    CANCELLED = "cancelled"


class Action(StrEnum):
    """Everything that can happen to a ticket."""

    SUBMIT = "submit"
    ROUTE = "route"
    ASSIGN_GROUP = "assign_group"
    ASSIGN_TECHNICIAN = "assign_technician"
    TAKE = "take"
    RELEASE = "release"
    START = "start"
    WAIT = "wait"
    RESUME = "resume"
    COMMENT = "comment"
    NOTE = "note"
    RECLASSIFY = "reclassify"
    FORWARD = "forward"
    PRIORITISE = "prioritise"
    PROPOSE = "propose"
    REPLY_CLOSE = "reply_close"
    ACCEPT = "accept"
    REFUSE = "refuse"
    WARN = "warn"
    NO_REPLY = "no_reply"
    EXPIRE = "expire"
    REOPEN = "reopen"
    WITHDRAW = "withdraw"
    DUPLICATE = "duplicate"
    LINK_ACCOUNT = "link_account"
    EDIT = "edit"
    SHARE = "share"
    UNSHARE = "unshare"
    LEAVE = "leave"
    PUBLISH = "publish"
    UNPUBLISH = "unpublish"
    THANK = "thank"
    LEVEL_WARN = "level_warn"
    LEVEL_BREACH = "level_breach"
    LINK = "link"
    UNLINK = "unlink"
    CONVERT = "convert"
    SOLVE_TOGETHER = "solve_together"
    MERGE = "merge"
    ABSORB = "absorb"
    """What a merge is on the ticket that stays."""
    UNMERGE = "unmerge"
    SPLIT = "split"
    DIAGNOSE = "diagnose"
    """The root cause of a problem is known."""
    WORK_AROUND = "work_around"
    KNOW_ERROR = "know_error"
    FORGET_ERROR = "forget_error"
    FIX = "fix"
    CONCLUDE = "conclude"
    TAKE_UP = "take_up"
    """A problem thought to be over is looked at again."""
    HOLD_OVER = "hold_over"
    """A hand-over that waits for a supervisor's decision."""
    LET_GO = "let_go"
    KEEP = "keep"
    ESCALATE = "escalate"
    ACKNOWLEDGE = "acknowledge"
    ASK_ADVICE = "ask_advice"
    ADVISE = "advise"
    END_ADVICE = "end_advice"
    DECLARE_MAJOR = "declare_major"
    END_MAJOR = "end_major"
    WATCH = "watch"
    UNWATCH = "unwatch"


class WaitingFor(StrEnum):
    """Of whom something is awaited while a ticket is in WAITING."""

    REQUESTER = "requester"
    THIRD_PARTY = "third_party"
    DATE = "date"


class Outcome(StrEnum):
    """How a ticket ended."""

    ACCEPTED = "accepted"
    EXPIRED = "expired"
    ANSWERED = "answered"
    WITHDRAWN = "withdrawn"
    DUPLICATE = "duplicate"
    MERGED = "merged"


class Audience(StrEnum):
    """Who is told. The one who acts is never told of it."""

    REQUESTER = "requester"
    TECHNICIAN = "technician"
    WORKERS = "workers"
    """The technician, or where there is none, the members of the group who are present."""
    INVITED = "invited"
    """Whoever the requester has just shared the ticket with."""
    FOLLOWERS = "followers"
    """Those with whom it is shared."""
    WATCHERS = "watchers"
    """Staff who watch the ticket."""
    NAMED = "named"
    """Whomever the effect of the action names: supervisors, those asked for advice."""


class Note(StrEnum):
    """What text an action carries."""

    NONE = "none"
    OPTIONAL = "optional"
    NEEDED = "needed"
