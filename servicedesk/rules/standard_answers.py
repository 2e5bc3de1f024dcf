"""Standard answers: where each is offered, its placeholders, what makes one complete, and who publishes it (F3)."""

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Set
from dataclasses import dataclass, field
from enum import StrEnum
from html import escape

from servicedesk.rules.answers import Stage
from servicedesk.rules.catalogue import Catalogue
from servicedesk.rules.errors import Invalid, NotAllowed, NotNow
from servicedesk.rules.languages import WRITTEN
from servicedesk.rules.permissions import Actor
from servicedesk.rules.richtext import RichText, plain
from servicedesk.rules.sentences import N_, Sentence

LONGEST_NAME = 120
LONGEST_SHORTCUT = 40
LONGEST_REASON = 500
_SHORTCUT = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
PLACEHOLDERS: Mapping[str, str] = {
    "requester_name": N_("name of the requester"),
    "number": N_("number of the request"),
    "title": N_("title of the request"),
    "category": N_("category of the request"),
    "group": N_("name of the group"),
    "group_contacts": N_("contacts of the group"),
    "technician": N_("technician, as requesters know them"),
    "degree_course": N_("degree course of the requester"),
    "date": N_("date of today"),
    "counter_contacts": N_("contacts of the counter for the degree course"),
}
ANSWER = "answer:"
"""What a placeholder begins with that stands for a field of the form."""
COUNTER_CONTACTS = "counter_contacts"
_TAG = re.compile(r"(<[^>]*>)")
_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
_BRACE = re.compile(r"[{}]")
_GAP = re.compile(r"\u27e6([^\u27e6\u27e7]+)\u27e7")
"""What stands in a text for a value that is missing, in brackets that nobody types."""
BETWEEN_LANGUAGES = "<p>* * *</p>"


class Sequel(StrEnum):
    """What becomes of the ticket with the answer."""

    NOTHING = "nothing"
    WAIT = "wait"
    PROPOSE = "propose"
    REPLY_CLOSE = "reply_close"
    FORWARD = "forward"


class Step(StrEnum):
    """What is done with a version."""

    PUBLISH = "publish"
    DISCARD = "discard"
    RETIRE = "retire"


STEPS: Mapping[Step, tuple[Stage, Stage]] = {
    Step.PUBLISH: (Stage.DRAFT, Stage.PUBLISHED),
    Step.DISCARD: (Stage.DRAFT, Stage.REPLACED),
    Step.RETIRE: (Stage.PUBLISHED, Stage.REPLACED),
}
"""From where each step starts, and where it leads."""


@dataclass(frozen=True, slots=True)
class Reach:
    """The tickets for which an answer is offered: of any of these groups, and of this service or part of the tree.

    No groups are all groups; a category brings its service along.
    """

    groups: frozenset[str] = frozenset()
    service_id: str | None = None
    category_key: str | None = None

    def covers(self, group: str, service_id: str, path: Collection[str]) -> bool:
        """Whether it is offered for a ticket of this group and service, `path` being its category and those above."""
        if self.groups and group not in self.groups:
            return False
        return self.service_id in (None, service_id) and (self.category_key is None or self.category_key in path)


@dataclass(frozen=True, slots=True)
class Written:
    """A standard answer as somebody wrote it; `texts` has at least one of the languages in which we write."""

    name: str
    texts: Mapping[str, RichText]
    reach: Reach = field(default_factory=Reach)
    sequel: Sequel = Sequel.NOTHING
    forward_group: str = ""
    forward_reason: str = ""

    @property
    def names_counter(self) -> bool:
        """Whether it gives the contacts of the counter for the requester's degree course."""
        return any(COUNTER_CONTACTS in placeholders(text) for text in self.texts.values())


@dataclass(frozen=True, slots=True)
class Filled:
    """A text with its placeholders filled in, and the names of those for which there is no value."""

    text: RichText
    missing: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Contact:
    """Which counter answers those of a degree course (`value` is its code or name) or area; "other" answers the rest.

    `category_key` is where requests of theirs belong, where one category is.
    """

    kind: str
    value: str
    texts: Mapping[str, str]
    category_key: str | None = None


def contact_for(contacts: Collection[Contact], course: Collection[str], area: str) -> Contact | None:
    """Return the counter of a degree course (by code or name), else of its area, else the one for all others."""
    wanted = [("course", name.casefold()) for name in course if name]
    wanted += [("area", area.casefold())] if area else []
    known = {(each.kind, each.value.casefold()): each for each in contacts}
    return next((known[each] for each in [*wanted, ("other", "")] if each in known), None)


def placeholders(text: RichText) -> list[str]:
    """Return the names of the placeholders of a text, in their order."""
    return [name for piece in _words(text.html) for name in _PLACEHOLDER.findall(piece)]


def fill(text: RichText, values: Mapping[str, str], name_of: Callable[[str], str] = str) -> Filled:
    """Return the text with each placeholder's value; one that has none is marked by `name_of` its placeholder."""
    missing: dict[str, None] = {}

    def value(found: re.Match[str]) -> str:
        if given := values.get(found[1], "").strip():
            return escape(given).replace("\n", "<br>")
        missing[found[1]] = None
        return f"\u27e6{escape(name_of(found[1]))}\u27e7"

    pieces = _TAG.split(text.html)
    html = "".join(piece if _TAG.fullmatch(piece) else _PLACEHOLDER.sub(value, piece) for piece in pieces)
    return Filled(RichText(html, plain(html), text.policy), tuple(missing))


def together(parts: Collection[Filled]) -> Filled:
    """Return one text of several, one below the other, for somebody whose language nobody knows."""
    html = BETWEEN_LANGUAGES.join(part.text.html for part in parts)
    missing = dict.fromkeys(name for part in parts for name in part.missing)
    return Filled(RichText(html, plain(html), min(part.text.policy for part in parts)), tuple(missing))


def gaps(text: str) -> list[str]:
    """Return what a text still waits for to be filled in."""
    return list(dict.fromkeys(_GAP.findall(text)))


def fields_within(tree: Catalogue, reach: Reach) -> frozenset[str]:
    """Return the fields of the forms that requests within reach may have filled in."""
    own = (key for key, each in tree.categories.items() if reach.service_id in (None, each.service_id))
    within = (key for key in own if reach.category_key in (None, *(step.key for step in tree.path(key))))
    return frozenset(each.key for key in within for each in tree.categories[key].fields)


def check(written: Written, tree: Catalogue) -> None:
    """Raise Invalid with a sentence for each field at fault."""
    faults = dict(_faults(written, tree))
    if faults:
        raise Invalid(N_("The standard answer is not complete yet."), faults)


def _faults(written: Written, tree: Catalogue) -> Iterator[tuple[str, Sentence]]:
    if not written.name:
        yield "name", Sentence(N_("Give it a name by which colleagues find it."))
    if len(written.name) > LONGEST_NAME:
        yield "name", Sentence(N_("The name is too long: at most %(most)s characters."), {"most": LONGEST_NAME})
    if unknown := sorted(written.reach.groups - tree.groups.keys()):
        yield "groups", Sentence(N_("There is no group '%(group)s'."), {"group": unknown[0]})
    if written.reach.service_id is not None and written.reach.service_id not in tree.services:
        yield "service_id", Sentence(N_("Choose one of the services."))
    if written.reach.category_key is not None and written.reach.category_key not in tree.categories:
        yield "category_key", Sentence(N_("Choose one of the categories."))
    else:
        yield from _text_faults(written, fields_within(tree, written.reach))
    yield from _sequel_faults(written, tree)


def _text_faults(written: Written, fields: Set[str]) -> Iterator[tuple[str, Sentence]]:
    if not written.texts:
        yield "text_it", Sentence(N_("Write the answer in at least one language."))
    known = [*PLACEHOLDERS, *(f"{ANSWER}{key}" for key in sorted(fields))]
    for language, text in written.texts.items():
        if fault := next(_placeholder_faults(text, known), None):
            yield f"text_{language}", fault


def _placeholder_faults(text: RichText, known: Collection[str]) -> Iterator[Sentence]:
    yield from faults_in(text.text, known)
    if placeholders(text) != _PLACEHOLDER.findall(text.text):
        yield Sentence(N_("A placeholder stands in the address of a link, or its formatting changes within it."))


def faults_in(text: str, known: Collection[str]) -> Iterator[Sentence]:
    """Give a sentence for each placeholder of a plain text that is none, and each bracket alone, with its line."""
    for number, line in enumerate(text.splitlines(), 1):
        for found in _PLACEHOLDER.finditer(line):
            if found[1] not in known:
                where: dict[str, str | int] = {"line": number, "name": found[0], "known": _listed(known)}
                yield Sentence(N_("Line %(line)s: %(name)s is no placeholder. Known are: %(known)s."), where)
        if _BRACE.search(_PLACEHOLDER.sub("", line)):
            yield Sentence(
                N_("Line %(line)s: a curly bracket stands alone. Write placeholders in one piece, such as {number}."),
                {"line": number},
            )


def _listed(names: Collection[str]) -> str:
    return ", ".join(f"{{{name}}}" for name in names)


def _sequel_faults(written: Written, tree: Catalogue) -> Iterator[tuple[str, Sentence]]:
    if written.sequel is not Sequel.FORWARD:
        return
    if written.forward_group not in tree.groups or not tree.groups[written.forward_group].active:
        yield "forward_group", Sentence(N_("Choose the group to which requests are forwarded."))
    if not 0 < len(written.forward_reason) <= LONGEST_REASON:
        too_much = {"most": LONGEST_REASON}
        yield "forward_reason", Sentence(N_("Say why it is forwarded, in at most %(most)s characters."), too_much)


def checked_shortcut(shortcut: str) -> str:
    """Return a shortcut without the stroke before it. Raises Invalid for what nobody could type quickly."""
    shortcut = shortcut.strip().removeprefix("/").lower()
    if not _SHORTCUT.fullmatch(shortcut) or len(shortcut) > LONGEST_SHORTCUT:
        wrong = Sentence(N_("Write small letters without accents, digits and hyphens, such as fees-late."))
        raise Invalid(N_("The standard answer is not complete yet."), {"shortcut": wrong})
    return shortcut


def may_publish(actor: Actor, reach: Reach) -> bool:
    """Whether this person decides on an answer: who leads all its groups, or administers its service."""
    if actor.administers_service(reach.service_id or ""):
        return True
    return bool(reach.groups) and reach.groups <= actor.supervises


def may_propose(actor: Actor, reach: Reach) -> bool:
    """Whether this person may write a draft: staff for a group of theirs or for all, or who may publish it."""
    mine = actor.groups | actor.supervises
    return may_publish(actor, reach) or (bool(mine) and (not reach.groups or not reach.groups.isdisjoint(mine)))


def allowed_steps(stage: Stage, actor: Actor, reach: Reach, is_author: bool) -> list[Step]:
    """Return what this person may do with a version in this stage."""
    found = [step for step, (source, _target) in STEPS.items() if source is stage]
    return [step for step in found if may_publish(actor, reach) or (step is Step.DISCARD and is_author)]


def check_step(step: Step, stage: Stage, actor: Actor, reach: Reach, is_author: bool) -> Stage:
    """Return the stage to which the step leads. Raises NotNow or NotAllowed."""
    source, target = STEPS[step]
    if stage is not source:
        raise NotNow(N_("A colleague was faster: the standard answer stands elsewhere now. Reload the page."))
    if step not in allowed_steps(stage, actor, reach, is_author):
        raise NotAllowed(N_("Who leads all its groups or administers its service decides on a standard answer."))
    return target


def languages_for(locale: str | None, texts: Collection[str]) -> tuple[str, ...]:
    """Return in which languages somebody gets an answer: theirs, both where it is unknown, else the one there is."""
    wanted = WRITTEN if locale is None else (locale if locale in WRITTEN else "en",)
    return tuple(language for language in wanted if language in texts) or tuple(
        language for language in WRITTEN if language in texts
    )


def _words(html: str) -> Iterator[str]:
    return (piece for piece in _TAG.split(html) if not _TAG.fullmatch(piece))
