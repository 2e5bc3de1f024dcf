"""Pages of the waiting lists: asking to be told of a free time, and the answer to a time on offer (E1, rule 8)."""

from datetime import timedelta

from flask import flash, g, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response
from wtforms import StringField, ValidationError

from servicedesk.actions import waiting_lists as actions
from servicedesk.rules import appointments as rules
from servicedesk.rules.calendar import local_day
from servicedesk.rules.counters import Counter
from servicedesk.rules.errors import Invalid
from servicedesk.rules.permissions import Permission
from servicedesk.store import appointments as store
from servicedesk.store import waiting_lists as lists
from servicedesk.store.models.people import Person
from servicedesk.web import labels, parked
from servicedesk.web.access import demands
from servicedesk.web.appointments.forms import BookingForm
from servicedesk.web.appointments.views import bp as bp
from servicedesk.web.appointments.views import chosen_mode, chosen_topic
from servicedesk.web.clock import utc_now
from servicedesk.web.db import reading, writing
from servicedesk.web.fields import read_day
from servicedesk.web.language import say

A_WEEK = timedelta(days=7)


class WaitForm(BookingForm):
    """The days on which a time would suit, and what the counter wants to know."""

    first_day = StringField(_l("From"), render_kw={"type": "date"})
    last_day = StringField(_l("Until"), render_kw={"type": "date"})

    def validate_first_day(self, field: StringField) -> None:
        """Refuse what is no date."""
        read_day(field.data)

    def validate_last_day(self, field: StringField) -> None:
        """Refuse what is no date, and one before the first."""
        if read_day(field.data) < read_day(self.first_day.data):
            raise ValidationError(_("Choose the first day or a later one."))


@bp.app_template_global()
def my_waits() -> list[lists.Waiting]:
    """Return the lines in which the person stands."""
    return lists.of_person(reading(), g.actor.person_id)


@bp.get("/<key>/wait")
@demands(Permission.PORTAL_USE)
def wait(key: str) -> str:
    """Show the form that asks to be told when a time becomes free."""
    _id, chosen = store.counter_row(reading(), key)
    first, _last = rules.bookable_days(chosen, utc_now())
    person = reading().get_one(Person, g.actor.person_id)
    known = {"phone": person.phone, "first_day": first.isoformat(), "last_day": (first + A_WEEK).isoformat()}
    return _page(chosen, WaitForm(parked.restored(), data=known))


@bp.post("/<key>/wait")
@demands(Permission.PORTAL_USE, page="appointments.wait")
def join(key: str) -> Response | tuple[str, int]:
    """Put the person in line."""
    _id, chosen = store.counter_row(reading(), key)
    form, sent = WaitForm(), request.form
    if not form.validate():
        return _page(chosen, form), 422
    first, last = read_day(form.first_day.data), read_day(form.last_day.data)
    topic, mode = chosen_topic(chosen, sent), chosen_mode(chosen, sent)
    want = actions.Want(key, topic.key, mode, max(first, local_day(utc_now(), chosen.clock)), last, form.said())
    try:
        with writing() as session:
            actions.join(session, want, g.actor.person_id, utc_now())
    except Invalid as error:
        form.last_day.errors = [say(error.sentence)]
        return _page(chosen, form), 422
    flash(_("You are in line. When a time becomes free, a mail tells you."), "success")
    return redirect(url_for(".index"), 303)


@bp.post("/<key>/wait/leave")
@demands(Permission.PORTAL_USE, page="appointments.index")
def leave(key: str) -> Response:
    """Take the person out of the line."""
    with writing() as session:
        actions.leave(session, key, g.actor.person_id)
    flash(_("You do not wait any more."), "success")
    return redirect(url_for(".index"), 303)


@bp.post("/booking/<number>/accept")
@demands(Permission.PORTAL_USE, page="appointments.booking")
def accept(number: str) -> Response:
    """Book the time on offer."""
    with writing() as session:
        actions.accept(session, number, g.actor.person_id, utc_now())
    flash(_("Your appointment is booked. A mail with a calendar file is on its way."), "success")
    return redirect(url_for(".booking", number=number), 303)


@bp.post("/booking/<number>/decline")
@demands(Permission.PORTAL_USE, page="appointments.booking")
def decline(number: str) -> Response:
    """Leave the time on offer to the next in line."""
    with writing() as session:
        actions.decline(session, number, g.actor.person_id, utc_now())
    flash(_("The time goes to the next in line."), "success")
    return redirect(url_for(".index"), 303)


def _page(chosen: Counter, form: WaitForm) -> str:
    topic, mode = chosen_topic(chosen, request.values), chosen_mode(chosen, request.values)
    return render_template(
        "appointments/wait.html",
        counter=chosen,
        form=form,
        topic=topic,
        mode=mode,
        mode_label=labels.label(labels.MODES, mode),
    )
