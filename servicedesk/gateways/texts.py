"""Puts a letter into words: templates/mail in the reader's language, as the finished bytes of a mail."""

import copy
from collections.abc import Mapping
from datetime import datetime
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr
from functools import partial
from pathlib import Path
from threading import Lock
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date, format_time
from babel.support import NullTranslations, Translations
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from markupsafe import Markup

from servicedesk.gateways import figure_mail
from servicedesk.gateways.calendar_file import calendar_file, has_file, in_words, is_appointment, method
from servicedesk.gateways.sheets import XLSX
from servicedesk.rules.addresses import Addresses, feedback_path, feedback_token, preferences_token
from servicedesk.rules.errors import Invalid
from servicedesk.rules.feedback import GRADES
from servicedesk.rules.house_texts import About, House, filled, mail_key
from servicedesk.rules.languages import BY_CODE, spoken
from servicedesk.rules.letters import DeskLetter, Letter
from servicedesk.rules.lifecycle import Outcome, WaitingFor
from servicedesk.rules.notices import QUESTION
from servicedesk.rules.removed import shown_by, told, told_in_json
from servicedesk.rules.richtext import from_plain
from servicedesk.rules.sentences import N_
from servicedesk.settings import ROOT, Settings

LOCALES_FOR_UNKNOWN = ("it", "en")
"""Requirement C10: where the reader's language is not known, the mail says everything in both."""
# Bodies are encoded as 7 bit, so that no relay on the way has reason to change the bytes.
POLICY = SMTP.clone(cte_type="7bit")


class Texts:
    """Writes mails with the settings' names and addresses."""

    def __init__(self, settings: Settings, translations: Path = ROOT / "translations") -> None:
        self.settings = settings
        self.addresses = Addresses(settings.site.base_url)
        self.translations = translations
        self.house = House()
        self._lock = Lock()
        self._environments: dict[str, Environment] = {}

    def of(self, house: House) -> "Texts":
        """Return the same, saying what the house says at this version."""
        found = copy.copy(self)
        found.house = house
        return found

    @property
    def site_name(self) -> str:
        """The name of the desk."""
        return self.house.name or self.settings.site.name

    def about(self, key: str) -> About | None:
        """Return what a mail is about, by its `rules.house_texts.mail_key`; None for news that are never mailed."""
        file = ROOT / "templates" / "mail" / f"{'waiting' if key == QUESTION else key}.txt"
        if key.startswith("appointment_"):
            return About.APPOINTMENT
        if not file.exists():
            return None
        return About.DESK if "mail/desk.txt" in file.read_text(encoding="utf-8").partition("\n")[0] else About.TICKET

    def render(self, letter: Letter | DeskLetter, now: datetime) -> bytes:
        """Return the mail, text and HTML, ready for SMTP. Raises Invalid when its address is none."""
        locales = (letter.locale,) if letter.locale else LOCALES_FOR_UNKNOWN
        subject = self._subject(letter, locales)
        message = EmailMessage(policy=POLICY)
        self._head(message, letter, subject, now)
        message.set_content(self._body(letter, locales, "txt", subject), charset="utf-8")
        message.add_alternative(self._body(letter, locales, "html", subject), subtype="html", charset="utf-8")
        if isinstance(letter, DeskLetter) and has_file(letter.context):
            self._attach_calendar(message, letter, locales[0], now)
        if isinstance(letter, DeskLetter) and figure_mail.has_table(letter.context):
            self._attach_figures(message, letter, locales[0])
        return message.as_bytes()

    def news(self, template: str, locale: str | None) -> str:
        """Return what a notice says besides the number, such as "New message"; in both languages for one unknown."""
        is_question = template == QUESTION
        words = {"kind": "waiting" if is_question else template, "asks_requester": is_question}
        locales = (locale,) if locale else LOCALES_FOR_UNKNOWN
        kinds = [self._environment(each).get_template("mail/subject.txt").render(words) for each in locales]
        return _one_line(" / ".join(kinds))

    def _attach_calendar(self, message: EmailMessage, letter: DeskLetter, locale: str, now: datetime) -> None:
        message.add_attachment(
            calendar_file(letter.context, locale, self.addresses.host, now),
            "text",
            "calendar",
            filename="appointment.ics",
            params={"charset": "utf-8", "method": method(letter.context)},
        )

    def _attach_figures(self, message: EmailMessage, letter: DeskLetter, locale: str) -> None:
        name, *columns = self._columns(letter, locale)
        figures = told_in_json(letter.context["figures"], partial(self._sentence, locale))
        context = {**letter.context, "figures": figures}
        content = figure_mail.attachment(context, name, columns, locale)
        message.add_attachment(content, "text", "csv", filename="figures.csv", params={"charset": "utf-8"})
        book = figure_mail.workbook(context, name, columns)
        message.add_attachment(book, *XLSX.split("/"), filename="figures.xlsx")

    def _sentence(self, locale: str, msgid: str) -> str:
        return str(sentences(self.translations, locale).gettext(msgid))

    def _columns(self, letter: DeskLetter, locale: str) -> list[str]:
        template = self._environment(locale).get_template("mail/figures_columns.txt")
        rendered = template.render(by=figure_mail.rows_are(letter.context))
        return [line for line in rendered.splitlines() if line]

    def _subject(self, letter: Letter | DeskLetter, locales: tuple[str, ...]) -> str:
        """Return such as "[2026004547] Solution: Renewing late"; in two languages "Soluzione / Solution".

        A mail about no ticket carries the desk's name instead: "[Student service] Confirm your address".
        """
        asks = isinstance(letter, Letter) and letter.waiting_for == WaitingFor.REQUESTER
        words = {"kind": letter.template, "asks_requester": asks}
        kinds = [
            self._own_subject(letter, locale)
            or self._environment(locale).get_template("mail/subject.txt").render(words)
            for locale in locales
        ]
        if isinstance(letter, DeskLetter):
            return _one_line(f"[{self.site_name}] {' / '.join(kinds)}")
        about = f": {told(letter.title, partial(self._sentence, locales[0]))}" if letter.title else ""
        return _one_line(f"[{letter.number}] {' / '.join(kinds)}{about}")

    def _own_subject(self, letter: Letter | DeskLetter, locale: str) -> str:
        said, _language = self.house.mail(mail_key(letter), _service(letter), locale)
        own = _one_line(filled(said.subject, self._named(letter, locale))) if said.subject else ""
        return told(own, partial(self._sentence, locale))

    def _named(self, letter: Letter | DeskLetter, locale: str) -> Mapping[str, object]:
        """Return what the placeholders of the house's own words stand for."""
        if isinstance(letter, DeskLetter):
            return {**self._desk_words(letter, locale), "desk": self.site_name}
        return _words(letter, locale)

    def _around(self, letter: Letter | DeskLetter, locale: str, kind: str) -> dict[str, str]:
        """Return the house's own words above and below what is fixed; empty where it has none."""
        said, language = self.house.mail(mail_key(letter), _service(letter), locale)
        if not (said.before or said.after):
            return {"before": "", "after": ""}
        values = self._named(letter, language)
        texts = {"before": filled(said.before, values), "after": filled(said.after, values)}
        if kind != "html":
            return texts
        mark = Markup(' lang="{}"').format(language) if language != locale else ""
        return {
            name: Markup("<div{}>{}</div>").format(mark, Markup(from_plain(text).html)) if text else ""  # noqa: S704 - escaped
            for name, text in texts.items()
        }

    def _head(self, message: EmailMessage, letter: Letter | DeskLetter, subject: str, now: datetime) -> None:
        host, sender = self.addresses.host, parseaddr(self.settings.mail.sender)
        message["From"] = _mailbox(*sender)
        message["To"] = _mailbox(letter.recipient, letter.address)
        message["Subject"] = subject
        message["Date"] = format_datetime(now)
        message["Message-ID"] = f"<{letter.message_id}@{host}>"
        if isinstance(letter, Letter):
            message["In-Reply-To"] = message["References"] = f"<{letter.number}.request@{host}>"
        message["Auto-Submitted"] = "auto-generated"
        message["X-Auto-Response-Suppress"] = "All"
        if letter.person_id is not None and letter.stoppable:
            message["List-Unsubscribe"] = f"<{self._choices(letter, letter.stoppable)}>"
            message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"  # RFC 8058

    def _choices(self, letter: Letter | DeskLetter, kind: str = "") -> str:
        """Return the page on which the reader chooses what is mailed; empty for somebody the desk does not know."""
        if letter.person_id is None:
            return ""
        token = preferences_token(self.settings.secret_key, letter.person_id, letter.address)
        return self.addresses.preferences(token, kind)

    def _body(self, letter: Letter | DeskLetter, locales: tuple[str, ...], kind: str, subject: str) -> str:
        sections = [self._section(letter, locale, kind) for locale in locales]
        layout = self._environment(locales[0]).get_template(f"mail/layout.{kind}")
        first = BY_CODE.get(locales[0], BY_CODE["en"])
        return layout.render(sections=sections, language=first, subject=subject)

    def _section(self, letter: Letter | DeskLetter, locale: str, kind: str) -> str:
        template = self._environment(locale).get_template(f"mail/{letter.template}.{kind}")
        if isinstance(letter, DeskLetter):
            words = self._desk_words(letter, locale)
        else:
            words = self._ticket_words(letter, locale, kind)
        choices = self._choices(letter, letter.stoppable or "")
        colour = self.house.look.get("primary") or self.settings.theme.primary
        around = self._around(letter, locale, kind)
        owner = self.settings.site.owner
        text = template.render(words, locale=locale, owner=owner, colour=colour, choices=choices, **around)
        return Markup(text) if kind == "html" else text  # noqa: S704 - came out of an escaping template

    def _ticket_words(self, letter: Letter, locale: str, kind: str) -> Mapping[str, object]:
        return {
            **_words(letter, locale),
            "link": letter.link(self.addresses, self.settings.secret_key),
            "grades": self._grades(letter),
            "quoted": Markup(letter.body_html) if kind == "html" else _quoted(letter.body_text),  # noqa: S704 - clean
        }

    def _grades(self, letter: Letter) -> list[tuple[int, str]]:
        """Return each grade with the page on which it is chosen already; nothing where the mail does not ask."""
        if not letter.asks_feedback:
            return []
        token = feedback_token(self.settings.secret_key, letter.ticket_id)
        return [(grade, self.addresses.page(feedback_path(token, grade))) for grade in GRADES]

    def _desk_words(self, letter: DeskLetter, locale: str) -> Mapping[str, object]:
        said = {key: _one_line(value) for key, value in letter.context.items()}
        if is_appointment(said):
            at = datetime.fromisoformat(said["starts_at"])
            said |= in_words(said, locale) | {"when": _when(at, ZoneInfo(said["zone"]), locale)}
            if "until" in said:
                said["until"] = _when(datetime.fromisoformat(said["until"]), ZoneInfo(said["zone"]), locale)
        found: Mapping[str, object] = {}
        if figure_mail.has_table(letter.context):
            name, *columns = self._columns(letter, locale)
            stop = {"stop_link": self.addresses.page(said["stop"]), "rows_are": name}
            found = {**figure_mail.in_words(letter.context, columns, locale), **stop}
        return {
            **said,
            **found,
            "said": said,
            "recipient": letter.recipient,
            "link": letter.link(self.addresses),
            "site": self.site_name,
        }

    def _environment(self, locale: str) -> Environment:
        with self._lock:
            if locale not in self._environments:
                self._environments[locale] = environment(self.translations, locale)
            return self._environments[locale]


def _service(letter: Letter | DeskLetter) -> str:
    return letter.service_id if isinstance(letter, Letter) else ""


def environment(translations: Path, locale: str) -> Environment:
    """Return Jinja with this language, for what is written outside a request."""
    environment = Environment(
        loader=FileSystemLoader(ROOT / "templates"),
        autoescape=select_autoescape(["html"]),
        undefined=StrictUndefined,
        extensions=["jinja2.ext.i18n"],
        trim_blocks=True,
        lstrip_blocks=True,
    )
    found = sentences(translations, locale)
    environment.finalize = shown_by(found.gettext)
    environment.install_gettext_translations(found, newstyle=True)  # type: ignore[attr-defined]
    return environment


def sentences(translations: Path, locale: str) -> NullTranslations:
    """Return the sentences of the desk in this language."""
    return Translations.load(translations, [spoken(locale)])


def _words(letter: Letter, locale: str) -> Mapping[str, object]:
    when = partial(_when, zone=ZoneInfo(letter.zone), locale=locale)
    return {
        "recipient": letter.recipient,
        "number": letter.shown_number,
        "title": _one_line(letter.title),
        "service": letter.service.get(locale),
        "category": letter.category.get(locale),
        "group": letter.group.get(locale),
        "signature": letter.signature.get(locale),
        "requester": letter.requester,
        "technician": letter.technician,
        "is_guest": letter.suffix is not None,
        "awaits_approval": letter.awaits_approval,
        "asks_requester": letter.waiting_for == WaitingFor.REQUESTER,
        "is_accepted": letter.outcome == Outcome.ACCEPTED,
        "duplicate_of": letter.duplicate_of,
        "expires": when(letter.dates.get("expires")),
        "resumes": when(letter.dates.get("resumes")),
        "due": when(letter.dates.get("due")),
        "reopen_until": when(letter.dates.get("reopen_until")),
    }


def _when(instant: datetime | None, zone: ZoneInfo, locale: str) -> str:
    """Return date and time on the wall of `zone`, such as '21 March 2026, 10:15'; empty for None."""
    if instant is None:
        return ""
    there, local = Locale.parse(spoken(locale)), instant.astimezone(zone)
    return f"{format_date(local, 'long', there)}, {format_time(local, 'HH:mm', locale=there)}"


def _one_line(text: str) -> str:
    return " ".join("".join(char if char.isprintable() else " " for char in text).split())


def _quoted(text: str) -> str:
    return "\n".join(f"> {line}".rstrip() for line in text.splitlines())


def _mailbox(name: str, address: str) -> Address:
    try:
        return Address(_one_line(name), addr_spec=address)
    except (ValueError, IndexError, MessageError) as error:
        raise Invalid(N_("%(address)s is no e-mail address."), address=address) from error
