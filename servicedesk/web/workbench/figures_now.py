"""The board of those who lead: how every group stands now, who is there, renewed by itself and easily paused."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from flask import g, render_template
from sqlalchemy.orm import Session

from servicedesk.rules.permissions import EVERY_SERVICE, Actor, Permission
from servicedesk.store import catalogue
from servicedesk.store.figures_now import Standing, standings, workers
from servicedesk.web.access import demands
from servicedesk.web.clock import utc_now
from servicedesk.web.db import reading
from servicedesk.web.language import locale_code
from servicedesk.web.workbench.figures_views import bp, today


@dataclass(frozen=True, slots=True)
class GroupNow:
    """One group on the board; `may_open` tells whether its queue is the reader's."""

    code: str
    name: str
    standing: Standing
    present: int
    staff: int
    away: Sequence[str]
    may_open: bool

    @property
    def is_pressing(self) -> bool:
        """Whether somebody should look: something is late, or waits and nobody is there."""
        return self.standing.late > 0 or (self.standing.untaken > 0 and self.present == 0)


@dataclass(frozen=True, slots=True)
class Board:
    """All groups of the reader, the pressing ones first, and their sum."""

    at: datetime
    groups: Sequence[GroupNow]
    total: Standing


@bp.get("/now")
@demands(Permission.FIGURES_READ)
def now() -> str:
    """Show how things stand now."""
    return render_template("workbench/figures_now.html", board=board(reading(), g.actor))


@bp.get("/now/board")
@demands(Permission.FIGURES_READ)
def now_board() -> str:
    """Give the board alone, with which the page renews itself."""
    return render_template("workbench/_figures_board.html", board=board(reading(), g.actor))


def board(session: Session, actor: Actor) -> Board:
    """Return the groups in which the person works or which they lead; an administrator's are all, of their services."""
    tree = catalogue.current(session)
    mine = actor.groups | actor.supervises
    codes = mine or frozenset(code for code, group in tree.groups.items() if group.active)
    services = None if mine or EVERY_SERVICE in actor.administers else actor.administers
    found = {each.group: each for each in standings(session, codes, services, utc_now())}
    staff = defaultdict(list)
    for worker in workers(session, codes, today()):
        staff[worker.group].append(worker)
    groups = []
    for code in codes:
        people = staff[code]
        group = tree.groups.get(code)
        groups.append(
            GroupNow(
                code=code,
                name=group.name.get(locale_code()) if group else code,
                standing=found.get(code, Standing(code)),
                present=sum(person.is_present for person in people),
                staff=len(people),
                away=[person.name for person in people if not person.is_present],
                may_open=code in mine,
            )
        )
    groups.sort(key=lambda each: (not each.is_pressing, -each.standing.open, each.name))
    return Board(utc_now(), groups, _total([each.standing for each in groups]))


def _total(found: Sequence[Standing]) -> Standing:
    oldest = min((each.oldest for each in found if each.oldest), default=None)
    return Standing(
        group="",
        open=sum(each.open for each in found),
        untaken=sum(each.untaken for each in found),
        waiting=sum(each.waiting for each in found),
        resolved=sum(each.resolved for each in found),
        late=sum(each.late for each in found),
        oldest=oldest,
    )
