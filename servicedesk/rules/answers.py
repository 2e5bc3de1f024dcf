"""Answers and documents: what makes one complete, how Markdown becomes a page, which language lags, who publishes."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from markdown_it import MarkdownIt

from servicedesk.rules import richtext
from servicedesk.rules.catalogue import Audience
from servicedesk.rules.errors import Invalid, NotAllowed, NotNow
from servicedesk.rules.permissions import Actor, Permission, may
from servicedesk.rules.richtext import RichText
from servicedesk.rules.sentences import N_, Sentence

LANGUAGES = ("it", "en")
LONGEST_TITLE = 200
LONGEST_KEY = 80
_KEY = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_MARKDOWN = MarkdownIt("commonmark", {"html": False})


class Kind(StrEnum):
    """What an answer is: a frequent question with its reply, or a document to read at length."""

    QUESTION = "question"
    DOCUMENT = "document"


class Stage(StrEnum):
    """Where a version stands; at most one of an answer is published, and one other is being worked on."""

    DRAFT = "draft"
    REVIEW = "review"
    PUBLISHED = "published"
    REPLACED = "replaced"


class Step(StrEnum):
    """What staff do with a version."""

    SUBMIT = "submit"
    RETURN = "return"
    PUBLISH = "publish"
    RETIRE = "retire"


@dataclass(frozen=True, slots=True)
class Move:
    """From where a step starts, where it leads, and the right it needs."""

    sources: frozenset[Stage]
    target: Stage
    needs: Permission


STEPS: Mapping[Step, Move] = {
    Step.SUBMIT: Move(frozenset({Stage.DRAFT}), Stage.REVIEW, Permission.ANSWER_WRITE),
    Step.RETURN: Move(frozenset({Stage.REVIEW}), Stage.DRAFT, Permission.ANSWER_WRITE),
    Step.PUBLISH: Move(frozenset({Stage.REVIEW}), Stage.PUBLISHED, Permission.ANSWER_PUBLISH),
    Step.RETIRE: Move(frozenset({Stage.PUBLISHED}), Stage.REPLACED, Permission.ANSWER_PUBLISH),
}


@dataclass(frozen=True, slots=True)
class Text:
    """An answer in one language: its title, and its body in Markdown."""

    title: str
    source: str


@dataclass(frozen=True, slots=True)
class Written:
    """An answer as somebody wrote it; `texts` has at least one of `LANGUAGES`."""

    kind: Kind
    category_key: str
    audience: frozenset[Audience]
    texts: Mapping[str, Text]


def allowed_steps(stage: Stage, actor: Actor) -> Sequence[Step]:
    """Return what this actor may do with a version in this stage, as the buttons show it."""
    return [step for step, move in STEPS.items() if stage in move.sources and may(actor, move.needs)]


def check_step(step: Step, stage: Stage, actor: Actor) -> Stage:
    """Return the stage that the step leads to. Raises NotAllowed or NotNow, each with its sentence."""
    move = STEPS[step]
    if not may(actor, move.needs):
        raise NotAllowed(N_("Supervisors and administrators publish answers. Ask one of them to read yours."))
    if stage not in move.sources:
        raise NotNow(N_("A colleague was faster: the answer stands elsewhere now. Reload the page."))
    return move.target


def checked(written: Written) -> Mapping[str, RichText]:
    """Return the bodies by language as they are shown. Raises Invalid with a sentence for each field at fault."""
    faults: dict[str, Sentence] = {}
    if not written.texts:
        faults["title_it"] = Sentence(N_("Write the answer in at least one language."))
    if not written.audience:
        faults["audience"] = Sentence(N_("Choose who may read the answer."))
    bodies = {language: _checked_text(language, text, faults) for language, text in written.texts.items()}
    if faults:
        raise Invalid(N_("The answer is not complete yet."), faults)
    return bodies


def checked_key(key: str) -> str:
    """Return a key as it stands in an answer's address. Raises Invalid for anything else."""
    if not _KEY.fullmatch(key) or len(key) > LONGEST_KEY:
        wrong = Sentence(N_("Write small letters without accents, digits and hyphens, such as fees-by-instalments."))
        raise Invalid(N_("The answer is not complete yet."), {"key": wrong})
    return key


def _checked_text(language: str, text: Text, faults: dict[str, Sentence]) -> RichText:
    if not text.title:
        faults[f"title_{language}"] = Sentence(N_("Write the question or the title as well."))
    if len(text.title) > LONGEST_TITLE:
        faults[f"title_{language}"] = Sentence(N_("The title is too long."))
    try:
        body = render(text.source)
    except Invalid as error:
        faults[f"source_{language}"] = error.sentence
        return RichText("", "")
    if not body:
        faults[f"source_{language}"] = Sentence(N_("Write the answer as well."))
    return body


def render(source: str) -> RichText:
    """Return Markdown (CommonMark, no HTML of its own) as cleaned markup; every heading is one level below the page's.

    Raises Invalid when it is too long.
    """
    tokens = _MARKDOWN.parse(source[: richtext.LONGEST + 1])
    for token in tokens:
        if token.type in ("heading_open", "heading_close"):
            token.tag = "h3"
    clean = richtext.from_html(_MARKDOWN.renderer.render(tokens, _MARKDOWN.options, {}))
    # The cleaned tags are bare, and what people typed has its brackets escaped.
    html = clean.html.replace("<h3>", "<h2>").replace("</h3>", "</h2>")
    return RichText(html, clean.text, clean.policy)


def revised(
    before: Mapping[str, object], revisions: Mapping[str, int], after: Mapping[str, object], number: int, all_fit: bool
) -> dict[str, int]:
    """Return the revision of each language in version `number`: the last version that brought it up to date.

    A language that nobody touched keeps its own, and lags, unless the editor says that `all_fit` together.
    """
    if all_fit or not before:
        return dict.fromkeys(after, number)
    return {
        language: revisions.get(language, number) if before.get(language) == text else number
        for language, text in after.items()
    }


def lags(revisions: Mapping[str, int], language: str) -> bool:
    """Whether the text in this language says less than the newest one; a missing one does not lag, it is missing."""
    return language in revisions and revisions[language] < max(revisions.values())


def shown_language(available: Mapping[str, object], locale: str) -> str:
    """Return the language in which a reader of `locale` gets an answer: their own, else English, else Italian."""
    return next(language for language in (locale, *reversed(LANGUAGES)) if language in available)
