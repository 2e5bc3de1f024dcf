"""What becomes of the demo's tickets, as a table: the steps of each plot, how long ago it began, how often it comes."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from servicedesk.rules.lifecycle import Action, WaitingFor


class Who(StrEnum):
    """On whose side a step is taken."""

    REQUESTER = "requester"
    STAFF = "staff"
    """The ticket's technician, or where there is none, a member of its group."""
    LEADER = "leader"
    """The supervisor."""


@dataclass(frozen=True, slots=True)
class Step:
    """One action: by whom, with which text of the conversation or phrase, so many hours after the step before."""

    who: Who
    action: Action
    hours: tuple[float, float]
    text: str = ""
    waiting_for: WaitingFor | None = None
    until_days: int = 0


@dataclass(frozen=True, slots=True)
class Plot:
    """Steps after the opening, which lies between `days` ago; `count` tickets are played by it.

    `needs` are the parts a conversation must have. A `misfiled` ticket is opened in the category for those who do not
    know; one that `repeats` follows another ticket of the same person about the same matter.
    """

    count: int
    days: tuple[int, int]
    steps: tuple[Step, ...] = ()
    needs: frozenset[str] = frozenset()
    misfiled: bool = False
    repeats: bool = False


STAFF, REQUESTER, LEADER = Who.STAFF, Who.REQUESTER, Who.LEADER
TAKE = Step(STAFF, Action.TAKE, (0.3, 7))
START = Step(STAFF, Action.START, (0.1, 3))
ASK = Step(STAFF, Action.WAIT, (0.3, 5), "question", WaitingFor.REQUESTER)
REPLY = Step(REQUESTER, Action.COMMENT, (0.8, 40), "reply")
NOTE = Step(STAFF, Action.NOTE, (0.1, 3), "note")
UPDATE = Step(STAFF, Action.COMMENT, (0.5, 8), "update")
NUDGE = Step(REQUESTER, Action.COMMENT, (20, 60), "nudge")
ANSWER = Step(STAFF, Action.PROPOSE, (0.4, 12), "answer")
SECOND = Step(STAFF, Action.PROPOSE, (1, 14), "second")
CLOSE = Step(STAFF, Action.REPLY_CLOSE, (0.3, 10), "answer")
ACCEPT = Step(REQUESTER, Action.ACCEPT, (0.5, 60), "thanks")
REFUSE = Step(REQUESTER, Action.REFUSE, (1, 48), "refusal")
REOPEN = Step(REQUESTER, Action.REOPEN, (20, 220), "refusal")
WITHDRAW = Step(REQUESTER, Action.WITHDRAW, (0.5, 20), "withdrawal")
FORWARD = Step(STAFF, Action.FORWARD, (0.3, 6), "forward")
RECLASSIFY = Step(STAFF, Action.RECLASSIFY, (0.3, 6))
DUPLICATE = Step(STAFF, Action.DUPLICATE, (1, 12))
THIRD_PARTY = Step(STAFF, Action.WAIT, (0.4, 8), "third_party", WaitingFor.THIRD_PARTY)
DATED = Step(STAFF, Action.WAIT, (0.4, 8), "dated", WaitingFor.DATE, until_days=6)
RESUME = Step(STAFF, Action.RESUME, (24, 90))
RELEASE = Step(STAFF, Action.RELEASE, (2, 20))
ASSIGN = Step(LEADER, Action.ASSIGN_TECHNICIAN, (0.5, 8), "assignment")
PRIORITISE = Step(STAFF, Action.PRIORITISE, (0.1, 2))

QUESTION, REFUSAL, FORWARDING = frozenset({"question"}), frozenset({"refusal"}), frozenset({"forward"})
PLOTS: Mapping[str, Plot] = {
    # Ended.
    "accepted": Plot(56, (8, 89), (TAKE, ANSWER, ACCEPT)),
    "worked": Plot(24, (9, 89), (TAKE, PRIORITISE, START, NOTE, ANSWER, ACCEPT)),
    "asked": Plot(40, (11, 89), (TAKE, ASK, REPLY, ANSWER, ACCEPT), QUESTION),
    "answered": Plot(38, (4, 89), (TAKE, CLOSE)),
    "expired": Plot(30, (26, 89), (TAKE, ANSWER)),
    "silent": Plot(8, (26, 89), (TAKE, ASK), QUESTION),
    "refused": Plot(16, (13, 89), (TAKE, ANSWER, REFUSE, SECOND, ACCEPT), REFUSAL),
    "forwarded": Plot(8, (12, 89), (TAKE, NOTE, FORWARD, TAKE, ANSWER, ACCEPT), FORWARDING),
    "misfiled": Plot(12, (11, 89), (TAKE, RECLASSIFY, TAKE, ANSWER, ACCEPT), misfiled=True),
    "withdrawn": Plot(12, (3, 89), (WITHDRAW,)),
    "repeated": Plot(6, (10, 80), (DUPLICATE,), repeats=True),
    "reopened": Plot(8, (26, 89), (TAKE, CLOSE, REOPEN, SECOND, ACCEPT), REFUSAL),
    "paused": Plot(10, (16, 89), (TAKE, THIRD_PARTY, RESUME, ANSWER, ACCEPT)),
    # Still open.
    "fresh": Plot(24, (0, 3)),
    "taken": Plot(10, (1, 6), (TAKE,)),
    "progress": Plot(12, (2, 9), (TAKE, START, UPDATE)),
    "nudged": Plot(5, (4, 9), (TAKE, NUDGE)),
    "waiting": Plot(14, (3, 17), (TAKE, ASK), QUESTION),
    "third_party": Plot(6, (3, 10), (TAKE, THIRD_PARTY)),
    "dated": Plot(4, (3, 5), (TAKE, DATED)),
    "solved": Plot(18, (3, 19), (TAKE, ANSWER)),
    "refused_now": Plot(4, (6, 10), (TAKE, ANSWER, REFUSE), REFUSAL),
    "passed_on": Plot(4, (3, 7), (TAKE, NOTE, FORWARD), FORWARDING),
    "assigned": Plot(4, (2, 6), (ASSIGN, START)),
    "released": Plot(3, (2, 6), (TAKE, RELEASE)),
    "escalated": Plot(12, (2, 6), (PRIORITISE, TAKE, START)),
}
STILL_OPEN = frozenset(list(PLOTS)[list(PLOTS).index("fresh") :])
