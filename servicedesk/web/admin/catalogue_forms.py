"""The forms of a draft's entries: between what is typed and the properties that a file would state."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import (
    BooleanField,
    Field,
    FieldList,
    FormField,
    HiddenField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms.widgets import CheckboxInput, ListWidget

from servicedesk.gateways.catalogue_documents import WEEKDAYS
from servicedesk.rules.catalogue import Audience, Catalogue, Category, Group, LocalText, Service
from servicedesk.rules.errors import Invalid
from servicedesk.rules.priority import LEVELS
from servicedesk.rules.sentences import Sentence
from servicedesk.web import labels
from servicedesk.web.admin import approval_lines
from servicedesk.web.admin.catalogue_rows import (
    FieldRow,
    NoticeRow,
    field_data,
    field_stated,
    notice_data,
    notice_stated,
)
from servicedesk.web.admin.catalogue_words import ATTRIBUTES, STRATEGIES, weekday
from servicedesk.web.answers.forms import AUDIENCES
from servicedesk.web.fields import squeezed
from servicedesk.web.language import locale_code, say
from servicedesk.web.workbench.forms import choices

Stated = dict[str, Any]
Where = tuple[str | int, ...]
EMPTY_ROWS = 2


def one_line(words: str) -> StringField:
    """Return a field for one line."""
    return StringField(words, filters=[squeezed])


def audience_field() -> SelectMultipleField:
    """Return the boxes of the audiences."""
    return SelectMultipleField(
        _l("Who sees it"), widget=ListWidget(), option_widget=CheckboxInput(), validate_choice=False
    )


class EntryForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF has no types
    """What all entries share: the mark of the entry when the form was opened, and sentences beside the fields."""

    seen = HiddenField()

    def note(self, where: Where, sentence: Sentence) -> None:
        """Put a sentence beside the field of a property, as ("name", "it"); what has no field goes to the top."""
        steps = [str(step) for step in where]
        for name in ("_".join(steps[:2]), *steps[:1], f"{steps[0]}_it" if steps else ""):
            if name in self and not isinstance(self[name], FieldList):
                self[name].errors = (*self[name].errors, say(sentence))
                return
        self.form_errors.append(say(sentence))

    def wrong(self) -> Iterator[Field]:
        """Yield the fields, those of rows among them, that cannot be taken as they are."""
        for field in self:
            if isinstance(field, FieldList):
                yield from (inner for row in field for inner in row.form if inner.errors)
            elif field.errors:
                yield field

    def refuse(self, error: Invalid) -> None:
        """Put an action's sentences beside their fields."""
        for name, sentence in error.fields.items():
            self.note((name,), sentence)
        if not error.fields:
            self.form_errors.append(say(error.sentence))


class CategoryForm(EntryForm):
    """A category without its form."""

    name_it = one_line(_l("Name in Italian"))
    name_en = one_line(_l("Name in English"))
    description_it = TextAreaField(_l("Description in Italian"))
    description_en = TextAreaField(_l("Description in English"))
    synonyms_it = one_line(_l("Words that find it, in Italian"))
    synonyms_en = one_line(_l("Words that find it, in English"))
    group = SelectField(_l("Group"), validate_choice=False)
    attribute = SelectField(_l("Routing by the requester"), validate_choice=False)
    routing = TextAreaField(_l("Which value goes to which group"))
    approvals = TextAreaField(_l("Approvals before work starts"))
    kind = SelectField(_l("Kind"), validate_choice=False)
    urgency = SelectField(_l("Urgency"), validate_choice=False)
    impact = SelectField(_l("Impact"), validate_choice=False)
    audience = audience_field()
    selectable = BooleanField(_l("Requests can be filed here"))
    active_from = StringField(_l("Active from"), render_kw={"type": "date"})
    active_to = StringField(_l("Active until"), render_kw={"type": "date"})
    is_carried = BooleanField(_l("Categories below that say the same follow"), default=True)

    def offer(self, tree: Catalogue) -> None:
        """Fill the lists."""
        self.group.choices = group_choices(tree, _("The one of the heading above"))
        self.attribute.choices = choices(("", _("None")), *_translated(ATTRIBUTES))
        self.kind.choices = choices(*_translated(labels.KINDS))
        self.urgency.choices = choices(*((str(each), labels.level(each)) for each in LEVELS))
        self.impact.choices = choices(*((str(each), labels.impact(each)) for each in LEVELS))
        self.audience.choices = choices(*_translated(AUDIENCES))

    def stated(self) -> Stated:
        """Return what the file would state."""
        attribute = self.attribute.data or ""
        to = dict(_pairs(self.routing.data))
        return {
            **{name: texts(self, name) for name in ("name", "description")},
            "synonyms": {code: _listed(self[f"synonyms_{code}"].data) for code in ("it", "en")},
            "group": self.group.data or None,
            "routing": {"attribute": attribute, "to": to} if attribute else None,
            "approvals": approval_lines.stated(self.approvals.data),
            "audience": self.audience.data or [],
            "selectable": bool(self.selectable.data),
            **{name: self[name].data for name in ("kind", "urgency", "impact")},
            **{name: self[name].data or None for name in ("active_from", "active_to")},
        }


def category_data(category: Category) -> dict[str, Any]:
    """Return the fields of a category's form as it stands."""
    routing = category.routing
    return {
        **text_data("name", category.name),
        **text_data("description", category.description),
        **{f"synonyms_{code}": ", ".join(category.synonyms.get(code, ())) for code in ("it", "en")},
        "group": category.group,
        "attribute": routing.attribute if routing else "",
        "routing": "\n".join(f"{value}: {code}" for value, code in routing.to.items()) if routing else "",
        "approvals": approval_lines.typed(category.approvals),
        "kind": category.kind,
        "urgency": str(category.urgency),
        "impact": str(category.impact),
        "audience": [each.value for each in Audience if each in category.audience],
        "selectable": category.selectable,
        "active_from": _day(category.active_from),
        "active_to": _day(category.active_to),
    }


class RequestFormForm(EntryForm):
    """What requesters read before the form of a category, and the form's own fields."""

    notice_it = TextAreaField(_l("Standing warning in Italian"))
    notice_en = TextAreaField(_l("Standing warning in English"))
    notices = FieldList(FormField(NoticeRow))
    own = FieldList(FormField(FieldRow))
    is_carried = BooleanField(_l("Categories below that say the same follow"), default=True)

    def add_rows(self) -> None:
        """Offer empty rows after those that are filled in."""
        for rows in (self.notices, self.own):
            for _row in range(EMPTY_ROWS):
                rows.append_entry()

    def stated(self) -> Stated:
        """Return what the file would state, fields by their position."""
        notice = texts(self, "notice")
        return {
            "notice": notice if any(notice.values()) else None,
            "notices": [notice_stated(row.form) for row in self.filled(self.notices)],
            "fields": [field_stated(row.form) for row in self.filled(self.own)],
        }

    def filled(self, rows: Iterable[Any]) -> list[Any]:
        """Return the rows that are not empty, in the order in which they count."""
        found = [row for row in rows if not row.form.is_empty]
        return sorted(found, key=lambda row: row.form.place) if rows is self.own else found

    def note(self, where: Where, sentence: Sentence) -> None:
        """Put a sentence into the row it is about."""
        if where and where[0] in ("notices", "fields") and len(where) > 1:
            rows = self.filled(self.own if where[0] == "fields" else self.notices)
            if isinstance(where[1], int) and where[1] < len(rows):
                rows[where[1]].form.note(where[2:], say(sentence))
                return
        super().note(where, sentence)


def form_data(category: Category) -> dict[str, Any]:
    """Return the fields of the form's form as the category stands."""
    return {
        **text_data("notice", category.notice),
        "notices": [notice_data(each) for each in category.notices],
        "own": [field_data(each, place) for place, each in enumerate(category.fields, 1)],
    }


class NewCategoryForm(EntryForm):
    """The least that a category needs; everything else is that of the heading above at first."""

    key = one_line(_l("Key"))
    service = SelectField(_l("Service"), validate_choice=False)
    name_it = one_line(_l("Name in Italian"))
    name_en = one_line(_l("Name in English"))
    description_it = TextAreaField(_l("Description in Italian"))
    description_en = TextAreaField(_l("Description in English"))

    def stated(self) -> Stated:
        """Return what the file would state."""
        key = {"key": self.key.data} if self.key.data else {}
        return {**key, **{name: texts(self, name) for name in ("name", "description")}}


class GroupForm(EntryForm):
    """An assignment group."""

    code = one_line(_l("Code"))
    name_it = one_line(_l("Name in Italian"))
    name_en = one_line(_l("Name in English"))
    line = SelectField(_l("Line"), validate_choice=False)
    strategy = SelectField(_l("Assignment"), validate_choice=False)
    signature_it = one_line(_l("Signature in Italian"))
    signature_en = one_line(_l("Signature in English"))
    contact_it = one_line(_l("Contacts in Italian"))
    contact_en = one_line(_l("Contacts in English"))
    fallback = SelectField(_l("Fallback"), validate_choice=False)
    escalates_to = SelectField(_l("Escalates to"), validate_choice=False)
    active = BooleanField(_l("It takes new requests"), default=True)

    def offer(self, tree: Catalogue) -> None:
        """Fill the lists."""
        self.line.choices = choices(*((str(each), str(each)) for each in range(1, 10)))
        self.strategy.choices = choices(*_translated(STRATEGIES))
        self.fallback.choices = self.escalates_to.choices = group_choices(tree, _("None"))

    def stated(self, code: str) -> Stated:
        """Return what the file would state of the group `code`."""
        return {
            "code": code,
            **{name: texts(self, name) for name in ("name", "signature", "contact")},
            **{name: self[name].data for name in ("line", "strategy", "active")},
            **{name: self[name].data or None for name in ("fallback", "escalates_to")},
        }


def group_data(group: Group) -> dict[str, Any]:
    """Return the fields of a group's form as it stands."""
    found: dict[str, Any] = {}
    for name in ("name", "signature", "contact"):
        found |= text_data(name, getattr(group, name))
    return {
        **found,
        "line": str(group.line),
        "strategy": group.strategy.value,
        "fallback": group.fallback or "",
        "escalates_to": group.escalates_to or "",
        "active": group.active,
    }


class ServiceForm(EntryForm):
    """A service of the desk; its days are added by `service_form`."""

    name_it = one_line(_l("Name in Italian"))
    name_en = one_line(_l("Name in English"))
    description_it = TextAreaField(_l("Description in Italian"))
    description_en = TextAreaField(_l("Description in English"))
    audience = audience_field()
    fallback_group = SelectField(_l("Fallback group"), validate_choice=False)
    close_days = one_line(_l("Days until an answered request closes"))
    reopen_days = one_line(_l("Days in which it can be reopened"))
    waiting_closes = BooleanField(_l("Requests that wait for the requester close after those days too"))
    asks_feedback = BooleanField(_l("The mail about a closed request asks for an opinion"))
    zone = one_line(_l("Time zone"))
    priority_matrix = TextAreaField(_l("Priority matrix"))

    def offer(self, tree: Catalogue) -> None:
        """Fill the lists."""
        self.audience.choices = choices(*_translated(AUDIENCES))
        self.fallback_group.choices = group_choices(tree)

    def days(self) -> list[Field]:
        """Return the fields of the opening hours, Monday first."""
        return [self[f"hours_{day}"] for day in WEEKDAYS]

    def stated(self, service: Service) -> Stated:
        """Return what the file would state."""
        hours = {day: _listed(self[f"hours_{day}"].data) for day in WEEKDAYS}
        return {
            "id": service.id,
            "key": service.key,
            **{name: texts(self, name) for name in ("name", "description")},
            "hours": {day: periods for day, periods in hours.items() if periods},
            "priority_matrix": [row.split() for row in (self.priority_matrix.data or "").splitlines() if row.strip()],
            **{
                name: self[name].data
                for name in (
                    *("audience", "fallback_group", "close_days", "reopen_days"),
                    *("waiting_closes", "asks_feedback", "zone"),
                )
            },
        }


def service_form(**values: Any) -> ServiceForm:
    """Return the form of a service, with a field for every day of the week."""
    days = {f"hours_{day}": one_line(weekday(place)) for place, day in enumerate(WEEKDAYS)}
    kind: type[ServiceForm] = type("WeekServiceForm", (ServiceForm,), days)
    return kind(**values)


def service_data(service: Service) -> dict[str, Any]:
    """Return the fields of a service's form as it stands."""
    hours = {
        f"hours_{day}": ", ".join(f"{opens:%H:%M}-{closes:%H:%M}" for opens, closes in service.hours.get(place, ()))
        for place, day in enumerate(WEEKDAYS)
    }
    plain = ("fallback_group", "waiting_closes", "asks_feedback", "zone")
    return {
        **text_data("name", service.name),
        **text_data("description", service.description),
        **hours,
        **{name: getattr(service, name) for name in plain},
        **{name: str(getattr(service, name)) for name in ("close_days", "reopen_days")},
        "audience": [each.value for each in Audience if each in service.audience],
        "priority_matrix": "\n".join(" ".join(map(str, row)) for row in service.priority_matrix),
    }


def texts(form: FlaskForm, name: str) -> dict[str, str]:
    """Return a text in both languages as it was typed."""
    return {code: (form[f"{name}_{code}"].data or "").replace("\r\n", "\n").strip() for code in ("it", "en")}


def text_data(name: str, text: LocalText | None) -> dict[str, str]:
    """Return the two fields of a text."""
    return {f"{name}_it": text.it, f"{name}_en": text.en} if text else {}


def group_choices(tree: Catalogue, nothing: str = "") -> Sequence[Any]:
    """Return the groups to choose from, before them none where that is possible."""
    named = ((code, f"{code} {group.name.get(locale_code())}") for code, group in tree.groups.items())
    return choices(*([("", nothing)] if nothing else []), *named)


def _translated(words: Mapping[str, str]) -> Iterable[tuple[str, str]]:
    return ((str(value), _(text)) for value, text in words.items())


def _listed(typed: str | None) -> list[str]:
    return [word.strip() for word in (typed or "").split(",") if word.strip()]


def _pairs(typed: str | None) -> Iterable[tuple[str, str]]:
    for row in (typed or "").splitlines():
        if row.strip():
            value, _colon, code = row.rpartition(":")
            yield value.strip(), code.strip()


def _day(day: date | None) -> str:
    return day.isoformat() if day else ""
