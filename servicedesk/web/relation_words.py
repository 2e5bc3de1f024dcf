"""The words for what ties tickets together, which only staff read."""

from collections.abc import Mapping
from typing import Any

from flask_babel import gettext

from servicedesk.rules.sentences import N_
from servicedesk.rules.states import Action

EVENTS: Mapping[Action, str] = {
    Action.LINK: N_("linked the request: %(link)s"),
    Action.UNLINK: N_("removed the link: %(link)s"),
    Action.CONVERT: N_("changed the type to: %(kind)s"),
    Action.SOLVE_TOGETHER: N_("gave a solution"),
    Action.SPLIT: N_("split off a part of it: %(split)s"),
}
DONE: Mapping[Action, str] = {
    Action.LINK: N_("The two are linked."),
    Action.UNLINK: N_("The link was removed."),
    Action.CONVERT: N_("The type was changed."),
}
RELATIONS: Mapping[str, str] = {
    "related": N_("Related to"),
    "child_of": N_("Part of"),
    "parent_of": N_("Has as a part"),
    "caused_by": N_("Caused by"),
    "causes": N_("Causes"),
    "fixes": N_("Fixes the problem"),
    "fixed_by": N_("Fixed by the change"),
}
"""What can be chosen, in the order of the form."""
LINKS: Mapping[tuple[str, bool], str] = {
    ("child_of", True): RELATIONS["child_of"],
    ("child_of", False): RELATIONS["parent_of"],
    ("caused_by", True): RELATIONS["caused_by"],
    ("caused_by", False): RELATIONS["causes"],
    ("fixes", True): RELATIONS["fixes"],
    ("fixes", False): RELATIONS["fixed_by"],
    ("related", True): RELATIONS["related"],
    ("related", False): RELATIONS["related"],
    ("merged_into", True): N_("Merged into"),
    ("merged_into", False): N_("Merged from"),
    ("split_from", True): N_("Split off from"),
    ("split_from", False): N_("Split off into"),
    ("duplicate_of", True): N_("Repeats"),
    ("duplicate_of", False): N_("Repeated by"),
    ("follows", True): N_("Carries on"),
    ("follows", False): N_("Carried on by"),
}
"""Both directions of every link in words."""
KINDS: Mapping[str, str] = {"request": N_("Request"), "incident": N_("Incident")}


def of_event(changes: Mapping[str, Any]) -> dict[str, str]:
    """Return what the sentences above need of an event's changes."""
    name, number = next((each for each in changes.get("link") or () if each), ("", ""))
    kind = (changes.get("kind") or [None, ""])[1]
    return {
        "split": (changes.get("split") or [None, ""])[1],
        "link": f"{gettext(RELATIONS[name])} {number}" if name else "",
        "kind": gettext(KINDS[kind]) if kind else "",
    }


TOGETHER_WORDS: Mapping[Action, str] = {
    Action.SOLVE_TOGETHER: N_("A solution: each requester accepts or refuses it on their own request"),
    Action.COMMENT: N_("A message: the requests stay open"),
}
READS: Mapping[str, str] = {"it": N_("Italian"), "en": N_("English"), "": N_("both")}
"""In which text somebody is told, by their language; empty where it is not known."""
JOBS: Mapping[str, str] = {"answer_together": N_("gives answers to many requests that were written together")}
