"""The rows of a category's form in the making: notices before it, and its own fields."""

from collections.abc import Sequence
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, Form, SelectField, StringField, TextAreaField

from servicedesk.rules.catalogue import Field, LocalText, Notice
from servicedesk.web.admin.catalogue_words import FIELD_KINDS
from servicedesk.web.fields import squeezed
from servicedesk.web.workbench.forms import choices

LAST = 1_000_000.0
PLAIN = ("earliest", "latest", "minimum", "maximum", "decimals", "version")


def _line(words: str) -> StringField:
    return StringField(words, filters=[squeezed])


class Row(Form):
    """A row that may be left empty."""

    def note(self, where: Sequence[str | int], words: str) -> None:
        """Put a sentence beside the field of a property, as ("label", "it"); to the first field where there is none."""
        steps = [str(step) for step in where]
        names = ["_".join(steps[:2]), *steps[:1], f"{steps[0]}_it" if steps else ""]
        name = next((name for name in names if name in self), next(iter(self._fields)))
        self[name].errors = (*self[name].errors, words)


class NoticeRow(Row):
    """A notice that stands for a time."""

    text_it = _line(_l("Text in Italian"))
    text_en = _line(_l("Text in English"))
    kind = SelectField(_l("Kind"), validate_choice=False)
    active_from = StringField(_l("From"), render_kw={"type": "date"})
    active_to = StringField(_l("Until"), render_kw={"type": "date"})

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.kind.choices = choices(("info", _("Information")), ("warning", _("Warning")))

    @property
    def is_empty(self) -> bool:
        """Whether nothing was written."""
        return not (self.text_it.data or self.text_en.data)


def notice_stated(row: NoticeRow) -> dict[str, Any]:
    """Return what the file would state."""
    days = {name: row[name].data or None for name in ("active_from", "active_to")}
    return {"text": _typed(row, "text"), "kind": row.kind.data or "info", **days}


def notice_data(notice: Notice) -> dict[str, Any]:
    """Return the fields of a notice's row."""
    days = {name: getattr(notice, name) for name in ("active_from", "active_to")}
    shown = {name: day.isoformat() if day else "" for name, day in days.items()}
    return {"text_it": notice.text.it, "text_en": notice.text.en, "kind": notice.kind, **shown}


class FieldRow(Row):
    """One field of the form; its properties after the help each belong to one kind."""

    key = _line(_l("Key"))
    position = _line(_l("Position"))
    kind = SelectField(_l("Kind"), validate_choice=False)
    label_it = _line(_l("Label in Italian"))
    label_en = _line(_l("Label in English"))
    required = BooleanField(_l("Mandatory"))
    help_it = _line(_l("Help in Italian"))
    help_en = _line(_l("Help in English"))
    options = TextAreaField(_l("Options of a choice"))
    earliest = _line(_l("Earliest day"))
    latest = _line(_l("Latest day"))
    minimum = _line(_l("Smallest number"))
    maximum = _line(_l("Largest number"))
    decimals = _line(_l("Decimals of a number"))
    accept = _line(_l("Kinds of files"))
    version = _line(_l("Version of a consent"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.kind.choices = choices(*((value, _(words)) for value, words in FIELD_KINDS.items()))

    @property
    def is_empty(self) -> bool:
        """Whether the row holds no field; a field goes when its key is emptied."""
        return not self.key.data

    @property
    def place(self) -> float:
        """Where the field comes; rows without a number come last, in their order."""
        try:
            return float((self.position.data or "").replace(",", "."))
        except ValueError:
            return LAST

    @property
    def has_more(self) -> bool:
        """Whether something below the first line is filled in or wrong."""
        below = ("help_it", "help_en", "options", "accept", *PLAIN)
        return any(self[name].data or self[name].errors for name in below)


def field_stated(row: FieldRow) -> dict[str, Any]:
    """Return what the file would state."""
    found: dict[str, Any] = {
        "key": row.key.data,
        "kind": row.kind.data,
        "label": _typed(row, "label"),
        "required": bool(row.required.data),
        "options": [_option(line) for line in (row.options.data or "").splitlines() if line.strip()],
        "accept": [kind.strip().lower().lstrip(".") for kind in (row.accept.data or "").split(",") if kind.strip()],
    }
    found |= {name: row[name].data for name in PLAIN if row[name].data}
    help_text = _typed(row, "help")
    return {**found, "help": help_text} if any(help_text.values()) else found


def field_data(field: Field, place: int) -> dict[str, Any]:
    """Return the fields of the row of the field in this place."""
    texts = {**_shown("label", field.label), **(_shown("help", field.help) if field.help else {})}
    plain = {name: "" if value is None else str(value) for name in PLAIN if (value := getattr(field, name)) is not None}
    return {
        **texts,
        **plain,
        "decimals": str(field.decimals) if field.decimals else "",
        "key": field.key,
        "position": str(place),
        "kind": field.kind.value,
        "required": field.required,
        "options": "\n".join(f"{value} | {words.it} | {words.en}" for value, words in field.options),
        "accept": ", ".join(field.accept),
    }


def _option(line: str) -> dict[str, Any]:
    """Return an option of `value | Italian | English`; what is left out repeats what stands before."""
    parts = [part.strip() for part in line.split("|")]
    value, italian = parts[0], parts[1] if len(parts) > 1 else parts[0]
    return {"value": value, "label": {"it": italian, "en": parts[2] if len(parts) > 2 else italian}}


def _typed(row: Form, name: str) -> dict[str, str]:
    return {code: row[f"{name}_{code}"].data or "" for code in ("it", "en")}


def _shown(name: str, text: LocalText) -> dict[str, str]:
    return {f"{name}_it": text.it, f"{name}_en": text.en}
