"""What the house says in its own words: around mails, on pages, its look; what each may hold, and what is read."""

import json
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from hashlib import sha256
from typing import Any

from servicedesk.rules.errors import Invalid
from servicedesk.rules.languages import BY_CODE, WRITTEN, written_language
from servicedesk.rules.letters import DeskLetter, Letter
from servicedesk.rules.lifecycle import WaitingFor
from servicedesk.rules.notices import QUESTION
from servicedesk.rules.sentences import N_, Sentence
from servicedesk.rules.standard_answers import faults_in
from servicedesk.rules.theme import READABLE, Palette, palette, too_faint

LONGEST_SUBJECT = 80
LONGEST_PART = 2000
LONGEST_LINE = 300
LONGEST_NAME = 60
CANNOT_BE_KEPT = N_("It cannot be kept like this.")
MAIL, TEXT, LOOK = "mail", "text", "look"
"""The kinds of entries; the name of one begins with its kind."""
_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
_ADDRESS = re.compile(r"[^\s@]+@[^\s@]+\.[^\s@]+")
_COLOUR = re.compile(r"#[0-9a-f]{6}")
Entry = Mapping[str, Any]


class About(StrEnum):
    """What a mail is about, on which depends what can be named in it."""

    TICKET = "ticket"
    APPOINTMENT = "appointment"
    DESK = "desk"


_OF_THE_DESK = {"recipient": N_("name of the reader"), "desk": N_("name of the desk")}
PLACEHOLDERS: Mapping[About, Mapping[str, str]] = {
    About.TICKET: {
        "recipient": N_("name of the reader"),
        "number": N_("number of the request"),
        "title": N_("title of the request"),
        "service": N_("name of the service"),
        "category": N_("category of the request"),
        "group": N_("name of the group"),
        "requester": N_("name of the requester"),
        "technician": N_("technician, as requesters know them"),
        "expires": N_("when the request closes by itself"),
        "resumes": N_("when a paused request goes on"),
        "reopen_until": N_("until when it can be reopened"),
    },
    About.APPOINTMENT: {
        **_OF_THE_DESK,
        "number": N_("number of the appointment"),
        "topic": N_("what the appointment is about"),
        "counter": N_("name of the counter"),
        "when": N_("when the appointment is"),
        "place": N_("where the appointment is"),
    },
    About.DESK: _OF_THE_DESK,
}


class Form(StrEnum):
    """What a text of the pages is: Markdown or a line by language, or one line or address for all of them."""

    MARKDOWN = "markdown"
    LINE = "line"
    SAME = "same"
    ADDRESS = "address"

    @property
    def languages(self) -> tuple[str, ...]:
        """The languages in which it has to be written; "" for one that is the same in all."""
        return WRITTEN if self in (Form.MARKDOWN, Form.LINE) else ("",)


PAGE_TEXTS: Mapping[str, Form] = {
    "welcome": Form.MARKDOWN,
    "external": Form.MARKDOWN,
    "footer": Form.LINE,
    "accessibility_email": Form.ADDRESS,
    "accessibility_phone": Form.SAME,
    "privacy_controller": Form.SAME,
    "privacy_email": Form.ADDRESS,
    "privacy_officer": Form.SAME,
}
"""The texts of pages that the house may write, by name."""


@dataclass(frozen=True, slots=True)
class MailText:
    """The house's words in one language of a mail: instead of the subject's, and above and below what is fixed."""

    subject: str = ""
    before: str = ""
    after: str = ""

    def __bool__(self) -> bool:
        return bool(self.subject or self.before or self.after)


@dataclass(frozen=True)
class House:
    """Everything the house says at a time: entries by name; what is not there is said as the desk was delivered."""

    entries: Mapping[str, Entry] = field(default_factory=dict)

    def entry(self, name: str) -> Entry | None:
        """Return an entry, None where the house says nothing of its own."""
        return self.entries.get(name)

    def mail(self, key: str, service_id: str, locale: str) -> tuple[MailText, str]:
        """Return the words around a mail of this language, and the language they are in.

        The service's own come first, then those of every service; a language in which nobody wrote reads English, but
        keeps the subject in its own.
        """
        for language in dict.fromkeys((locale, written_language(locale))):
            for name in (mail_name(key, service_id), mail_name(key)):
                said = self.entries.get(name, {}).get(language)
                if said:
                    found = MailText(**said)
                    subject = found.subject if language == locale else ""
                    return MailText(subject, found.before, found.after), language
        return MailText(), locale

    def text(self, name: str, locale: str) -> str:
        """Return a text of the pages, in English where it is not in this language; empty for none."""
        return self.text_in(name, locale)[0]

    def text_in(self, name: str, locale: str) -> tuple[str, str]:
        """Return a text of the pages and the language it is in."""
        said = self.entries.get(f"{TEXT}:{name}", {})
        for language in (locale, written_language(locale)):
            if said.get(language):
                return str(said[language]), language
        return str(said.get("", "")), locale

    @property
    def look(self) -> Entry:
        """The name, colours and logo of the house; empty while they are those of the settings."""
        return self.entries.get(LOOK, {})

    @property
    def name(self) -> str:
        """The name of the desk; empty while it is that of the settings."""
        return str(self.look.get("name", ""))


def mail_name(key: str, service_id: str = "") -> str:
    """Return the name of the entry of a mail, for every service or for one."""
    return f"{MAIL}:{key}:{service_id}" if service_id else f"{MAIL}:{key}"


def mail_key(letter: Letter | DeskLetter) -> str:
    """Return which mail a letter is: its template, but a question is another mail than a pause."""
    is_question = isinstance(letter, Letter) and letter.waiting_for == WaitingFor.REQUESTER
    return QUESTION if letter.template == "waiting" and is_question else letter.template


def digest(entry: Entry | None) -> str:
    """Return by what a form recognises the entry it was made from; empty for none."""
    return sha256(json.dumps(entry, sort_keys=True).encode()).hexdigest()[:16] if entry else ""


def mail_entry(texts: Mapping[str, MailText], about: About) -> Entry:
    """Return the entry for these words by language; empty where nothing is said. Raises Invalid, field by field."""
    faults = dict(_mail_faults(texts, PLACEHOLDERS[about]))
    if faults:
        raise Invalid(CANNOT_BE_KEPT, faults)
    return {
        language: {"subject": said.subject, "before": said.before, "after": said.after}
        for language, said in texts.items()
        if said
    }


def _mail_faults(texts: Mapping[str, MailText], known: Collection[str]) -> Iterator[tuple[str, Sentence]]:
    for language, said in texts.items():
        parts = {"subject": (said.subject, LONGEST_SUBJECT)}
        parts |= {"before": (said.before, LONGEST_PART), "after": (said.after, LONGEST_PART)}
        for part, (text, most) in parts.items():
            if fault := next(_faults(text, most, known), None):
                yield f"{part}_{language}", fault


def _faults(text: str, most: int, known: Collection[str]) -> Iterator[Sentence]:
    if len(text) > most:
        yield too_long(most)
    yield from faults_in(text, known)


def too_long(most: int) -> Sentence:
    """Return what is said of a text that is longer than it may be."""
    return Sentence(N_("It is too long: at most %(most)s characters."), {"most": most})


def text_name(key: str) -> str:
    """Return the name of the entry of a text of the pages."""
    return f"{TEXT}:{key}"


def page_entry(key: str, typed: Mapping[str, str]) -> Entry:
    """Return the entry for a text of the pages, empty where nothing is said. Raises Invalid, language by language.

    Other languages than ours may be left empty: their readers read English.
    """
    form = PAGE_TEXTS[key]
    said = {language: typed.get(language, "").strip() for language in form.languages}
    if form.languages == WRITTEN:
        said |= {language: text.strip() for language, text in typed.items() if language in BY_CODE and text.strip()}
    if not any(said.values()):
        return {}
    faults = {f"text_{language}": fault for language, text in said.items() if (fault := _page_fault(form, text))}
    if faults:
        raise Invalid(CANNOT_BE_KEPT, faults)
    return said


def _page_fault(form: Form, text: str) -> Sentence | None:
    if not text:
        return Sentence(N_("Write it in this language as well."))
    most = LONGEST_PART if form is Form.MARKDOWN else LONGEST_LINE
    if len(text) > most:
        return too_long(most)
    if form is Form.ADDRESS and not _ADDRESS.fullmatch(text):
        return Sentence(N_("Type an e-mail address such as name@example.org."))
    return None


def look_entry(name: str, primary: str, header: str, logo: str, icon: str, delivered: Palette) -> Entry:
    """Return the entry of the look; what is empty, or as `delivered` by the settings, follows them.

    Raises Invalid for a name that is too long and for colours that nobody could read.
    """
    faults: dict[str, Sentence] = {}
    if len(name) > LONGEST_NAME:
        faults["name"] = too_long(LONGEST_NAME)
    given = {"primary": primary.lower(), "header": header.lower()}
    kept = {part: colour for part, colour in given.items() if colour and colour != getattr(delivered, part)}
    wrong = [part for part, colour in kept.items() if not is_colour(colour)]
    faults |= {part: Sentence(N_("Choose a colour, or write one such as #0066cc.")) for part in wrong}
    if not wrong:
        faults |= _faint(own_palette(kept, delivered))
    if faults:
        raise Invalid(CANNOT_BE_KEPT, faults)
    return {part: value for part, value in {"name": name, **kept, "logo": logo, "icon": icon}.items() if value}


def is_colour(text: str) -> bool:
    """Whether a text is a colour such as #0066cc."""
    return _COLOUR.fullmatch(text) is not None


def own_palette(look: Entry, delivered: Palette) -> Palette:
    """Return the colours of the house; link, strip and footer follow where the colour they come from is its own."""
    primary, header = look.get("primary", ""), look.get("header", "")
    return palette(
        primary or delivered.primary,
        "" if primary else delivered.link,
        header or delivered.header,
        "" if header else delivered.strip,
        "" if primary else delivered.footer,
    )


def _faint(colours: Palette) -> dict[str, Sentence]:
    parts = {"primary": "primary", "link": "primary", "footer": "primary", "header": "header", "strip": "header"}
    return {
        parts[name]: Sentence(
            N_("Too pale to be read: its contrast to white is %(found)s, at least %(least)s is needed."),
            {"found": f"{found:.1f}", "least": str(READABLE)},
        )
        for name, _colour, _what, found in sorted(too_faint(colours), key=lambda each: -each[3])
    }


def filled(text: str, values: Mapping[str, object]) -> str:
    """Return a text with its placeholders filled in; a line that names something there is no value for is left out."""
    lines = [line for line in text.splitlines() if all(values.get(name) for name in _PLACEHOLDER.findall(line))]
    kept = "\n".join(_PLACEHOLDER.sub(lambda found: str(values[found[1]]), line) for line in lines)
    return re.sub(r"\n{3,}", "\n\n", kept).strip()
