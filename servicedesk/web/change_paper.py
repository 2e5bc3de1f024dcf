"""A change on paper: what is planned, who has agreed to it and when, and what it is tied to."""

from collections.abc import Iterator, Sequence

from flask_babel import gettext

from servicedesk.gateways.pdf import Part
from servicedesk.rules.changes import TEXTS
from servicedesk.web.change_words import FIELDS
from servicedesk.web.context import exact
from servicedesk.web.ticket_page import TicketPage
from servicedesk.web.workbench.approval_panel import ApprovalPanel
from servicedesk.web.workbench.approval_rounds import Answer, Round
from servicedesk.web.workbench.change_panel import ChangePanel
from servicedesk.web.workbench.change_shown import Shown

Pair = tuple[str, str]


def change_parts(page: TicketPage) -> list[Part]:
    """Return what stands on paper of a change, for those who read its plan; nothing of any other ticket."""
    change: ChangePanel | None = page.panels.get("change")
    if change is None:
        return []
    approvals: ApprovalPanel | None = page.panels.get("approvals")
    fixed = {each.number: f"{each.title}: {each.state_label}" for each in change.problems}
    return [
        Part(gettext("Planned change"), _written(_window(change.shown))),
        Part(gettext("Plan"), _written(_plan(change.shown))),
        Part(gettext("Approvals"), list(_approvals(approvals.rounds if approvals else ()))),
        Part(gettext("Problems that it fixes"), list(fixed.items())),
        Part(gettext("Linked tickets"), [(each.number, each.words) for each in page.links if each.number not in fixed]),
    ]


def _written(pairs: Iterator[Pair]) -> list[Pair]:
    return [(label, value) for label, value in pairs if value]


def _window(shown: Shown) -> Iterator[Pair]:
    plan = shown.plan
    begins, ends = FIELDS["starts_at"], FIELDS["ends_at"]
    yield gettext("Type of change"), shown.change_type
    yield gettext("Phase"), shown.phase
    yield gettext(begins), exact(plan.starts_at) if plan.starts_at else gettext("no window yet")
    yield gettext(ends), exact(plan.ends_at) if plan.ends_at else ""
    yield gettext("Risk"), shown.risk_label or gettext("not considered")
    yield gettext("Approval"), shown.consent
    yield gettext("To be decided by"), exact(shown.approve_by) if shown.approve_by else ""
    yield gettext("How it ended"), shown.result


def _plan(shown: Shown) -> Iterator[Pair]:
    yield from shown.facts
    yield from ((gettext(FIELDS[name]), getattr(shown.plan, name)) for name in TEXTS)


def _approvals(rounds: Sequence[Round]) -> Iterator[Pair]:
    """The rounds, the first one first: each with what it came to, and who answered what, when and why."""
    for each in reversed(rounds):
        yield each.words, exact(each.asked_at)
        yield from ((_who(answer), _said(answer)) for step in each.steps for answer in step.answers)


def _who(answer: Answer) -> str:
    if not answer.decided_by:
        return answer.asked
    return gettext("%(who)s for %(whom)s", who=answer.decided_by, whom=answer.asked)


def _said(answer: Answer) -> str:
    words = f"{answer.words}, {exact(answer.at)}"
    return f"{words}\n{answer.reason}" if answer.reason else words
