"""What other areas show on the page of a ticket at work: one line per panel, a function beside its own template."""

from collections.abc import Callable, Mapping
from typing import Any

from servicedesk.web.workbench.approval_panel import approval_panel
from servicedesk.web.workbench.beside import beside_panel
from servicedesk.web.workbench.change_panel import change_panel
from servicedesk.web.workbench.keeping import keeping_panel
from servicedesk.web.workbench.levels import levels_panel
from servicedesk.web.workbench.lines import lines_panel
from servicedesk.web.workbench.presence import presence_panel
from servicedesk.web.workbench.problem_panel import problem_panel
from servicedesk.web.workbench.readings import readers_panel
from servicedesk.web.workbench.relations import relations_panel
from servicedesk.web.workbench.standard_panel import standard
from servicedesk.web.workbench.watchers import watchers_panel
from servicedesk.web.workbench.work import Work

PANELS: Mapping[str, Callable[[Work], Any]] = {
    "approvals": approval_panel,
    "beside": beside_panel,
    "change": change_panel,
    "keeping": keeping_panel,
    "lines": lines_panel,
    "levels": levels_panel,
    "presence": presence_panel,
    "problem": problem_panel,
    "readers": readers_panel,
    "relations": relations_panel,
    "standard": standard,
    "watchers": watchers_panel,
}
"""By the name under which `page.panels` has it for the template; each makes a constant number of statements."""


def panels_of(work: Work) -> dict[str, Any]:
    """Return what each panel shows."""
    return {name: panel(work) for name, panel in PANELS.items()}
