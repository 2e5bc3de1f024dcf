"""Examples of every mail, by which administrators see what their words look like before anybody reads them."""

import email
import email.policy
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.message import EmailMessage

from lxml import html
from markupsafe import Markup

from servicedesk.gateways.texts import Texts
from servicedesk.rules.catalogue import Catalogue, LocalText
from servicedesk.rules.house_texts import About
from servicedesk.rules.languages import BY_CODE, written_language
from servicedesk.rules.letters import DeskLetter, Letter
from servicedesk.rules.lifecycle import Outcome, WaitingFor
from servicedesk.rules.notices import QUESTION
from servicedesk.settings import ROOT

_NAMED = re.compile(r"\{\{ *(\w+) *\}\}")
ELLIPSIS = "…"
NUMBER, RECIPIENT, TECHNICIAN = "2026000123", "Anna Rossi", "OP-12"
NO_TICKET = 0
TITLES = LocalText("Rinnovo in ritardo", "Renewing late")
BODIES = LocalText("Il pagamento risulta registrato.", "The payment has been registered.")
FIGURES = json.dumps({"by": "group", "now": [None] * 10, "before": [None] * 10, "rows": [], "shown": 0})
DESK_WORDS: Mapping[str, str] = {
    "path": "/",
    "stop": "/",
    "hours": "24",
    "days": "7",
    "numbers": NUMBER,
    "what": "password",
    "msgid": "The mail server does not answer.",
    "news": f"comment {NUMBER}",
    "who": "Nora Guida",
    "name": "Weekly backup",
    "handling": "hand",
    "note": "",
}
APPOINTMENT: Mapping[str, str] = {
    "number": "A2026000012",
    "zone": "Europe/Rome",
    "counter_it": "Sportello tasse",
    "counter_en": "Fees counter",
    "topic_it": "Rateizzazione",
    "topic_en": "Paying by instalments",
    "place_it": "Via delle Scienze 8, stanza 12",
    "place_en": "Via delle Scienze 8, room 12",
    "sequence": "0",
    "is_cancelled": "",
}


@dataclass(frozen=True, slots=True)
class Shown:
    """A mail as its reader gets it: `html` its own markup, `rules` the style of it, which names only its parts."""

    code: str
    language: str
    subject: str
    plain: str
    html: Markup
    rules: str


@dataclass(frozen=True, slots=True)
class Example:
    """Which mail is shown: its key, what it is about, for whose request, written to whom."""

    key: str
    about: About
    service_id: str
    address: str

    def letter(self, locale: str, tree: Catalogue, now: datetime) -> Letter | DeskLetter:
        """Return an example of the mail in one language."""
        template = "waiting" if self.key == QUESTION else self.key
        if self.about is About.TICKET:
            return self._of_ticket(template, locale, tree, now)
        words = {
            **_named_in(template),
            **DESK_WORDS,
            "recipient": RECIPIENT,
            "first": now.date().isoformat(),
            "last": now.date().isoformat(),
        }
        if self.about is About.APPOINTMENT:
            starts = now.replace(minute=0, second=0, microsecond=0) + timedelta(days=2)
            words |= {**APPOINTMENT, "starts_at": starts.isoformat()}
            words["ends_at"] = (starts + timedelta(minutes=15)).isoformat()
        if template.startswith("figures_"):
            words["figures"] = FIGURES
        words["until"] = (now + timedelta(hours=2)).isoformat() if template == "appointment_offered" else ""
        if not words["until"]:
            del words["until"]
        if template == "line_absence":
            words["until"] = now.date().isoformat()
        return DeskLetter(template, self._id(locale, now), self.address, RECIPIENT, locale, words)

    def _id(self, locale: str, now: datetime) -> str:
        return f"example.{self.key}.{locale}.{now.timestamp():.6f}"

    def _of_ticket(self, template: str, locale: str, tree: Catalogue, now: datetime) -> Letter:
        services = list(tree.services.values())
        service = tree.services[self.service_id] if self.service_id else services[0]
        own = [each for each in tree.categories.values() if each.service_id == service.id and each.selectable]
        category = own[0] if own else None
        group = tree.groups[category.group if category else service.fallback_group]
        path = LocalText(*(tree.path_name(category.key, code) if category else "" for code in ("it", "en")))
        said = BODIES.get(written_language(locale))
        later = now + timedelta(days=20)
        return Letter(
            template=template,
            message_id=self._id(locale, now),
            address=self.address,
            recipient=RECIPIENT,
            locale=locale,
            to_requester=True,
            ticket_id=NO_TICKET,
            number=NUMBER,
            suffix=None,
            title=TITLES.get(written_language(locale)),
            service=service.name,
            category=path,
            group=group.name,
            signature=group.signature,
            zone=service.zone,
            requester=RECIPIENT,
            technician=TECHNICIAN,
            body_html=f"<p>{said}</p>",
            body_text=said,
            waiting_for=WaitingFor.REQUESTER if self.key == QUESTION else None,
            outcome=Outcome.ACCEPTED,
            duplicate_of="2026000100",
            dates={"expires": later, "resumes": later, "due": later, "reopen_until": later},
            service_id=service.id,
        )


def _named_in(template: str) -> dict[str, str]:
    """Return a word for everything that a mail about no ticket names, for those that have no example of their own."""
    source = (ROOT / "templates" / "mail" / f"{template}.txt").read_text(encoding="utf-8")
    return dict.fromkeys(_NAMED.findall(source), ELLIPSIS)


def shown(writer: Texts, example: Example, locale: str, tree: Catalogue, now: datetime) -> Shown:
    """Return an example of a mail in one language, as this writer words it."""
    content = writer.render(example.letter(locale, tree, now), now)
    message = email.message_from_bytes(content, policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    markup, rules = _with_rules(_part(message, "html"), f"m-{locale}")
    language = BY_CODE[locale].name
    return Shown(locale, language, str(message["Subject"]), _part(message, "plain"), markup, rules)


def _part(message: EmailMessage, kind: str) -> str:
    part = message.get_body((kind,))
    assert part is not None
    return str(part.get_content()).replace("\r\n", "\n")


def _with_rules(page: str, prefix: str) -> tuple[Markup, str]:
    """Return the body of a mail without style attributes, which our pages refuse, and the same style as rules.

    Its links lead nowhere: there is no such request.
    """
    [body] = html.document_fromstring(page).iter("body")
    rules = []
    for number, element in enumerate(body.iter()):
        element.attrib.pop("href", "")
        if style := str(element.attrib.pop("style", "")):
            element.set("class", f"{prefix}-{number}")
            rules.append(f".{prefix}-{number} {{ {style} }}")
    body.tag = "div"
    return Markup(html.tostring(body, encoding="unicode")), "\n".join(rules)  # noqa: S704 - from escaping templates
