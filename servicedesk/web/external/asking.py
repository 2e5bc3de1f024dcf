"""Asking without an account: what is open to everyone, the guest who asks, and whether somebody holds a full number."""

from collections.abc import Mapping, Sequence
from functools import partial
from hmac import compare_digest
from zoneinfo import ZoneInfo

from flask import request, url_for
from sqlalchemy.orm import Session

from servicedesk.actions import confirmations
from servicedesk.actions.guests import Guest, new_guest, plain_address
from servicedesk.actions.unconfirmed import count_mail
from servicedesk.rules.catalogue import Audience, Category, Service
from servicedesk.rules.errors import AlreadyDone, NotFound
from servicedesk.rules.numbering import new_suffix
from servicedesk.rules.permissions import Actor, ActorKind
from servicedesk.rules.sentences import N_
from servicedesk.store import catalogue, timeline
from servicedesk.store import portal as store
from servicedesk.store.guests import Known
from servicedesk.store.portal import Predecessor
from servicedesk.store.tickets import next_number
from servicedesk.web.access import guest_actor
from servicedesk.web.clock import utc_now
from servicedesk.web.db import reading, writing
from servicedesk.web.external import guard
from servicedesk.web.external.forms import GuestForm, phone_field
from servicedesk.web.language import locale_code
from servicedesk.web.portal.asking import Request, as_ticket, file_request, form_key
from servicedesk.web.portal.choosing import Card, today
from servicedesk.web.portal.forms import Filled

ORIGIN = "public_form"
NO_ACCOUNT: frozenset[Audience] = frozenset()


def cards(service: Service) -> Sequence[Card]:
    """Return the categories of a service that are open to everyone, wherever in its tree they are."""
    tree = catalogue.current(reading())
    visible = tree.open_to(NO_ACCOUNT, today(), service.id)
    locale = locale_code()
    return [
        Card(
            key=category.key,
            name=category.name.get(locale),
            description=category.description.get(locale),
            path=tree.path_name(category.parent, locale) if category.parent else "",
            url=url_for("external.new_ticket", uuid=service.id, key=category.key),
        )
        for category in visible.categories.values()
        if category.key in visible.selectable
    ]


def open_category(service: Service, key: str) -> Category:
    """Return a category of this service that is open to everyone. Raises NotFound."""
    tree = catalogue.current(reading())
    category = tree.categories.get(key)
    if category is None or category.service_id != service.id or not tree.is_open(key, NO_ACCOUNT, today()):
        raise NotFound(N_("This subject is not open to everyone. Sign in, or choose another one."))
    return category


def followed() -> Predecessor | None:
    """Return the ended ticket, open in this browser, that the request is to carry on."""
    number, guest = request.values.get("follows"), guest_actor()
    return store.predecessor(reading(), number, guest) if number and guest else None


def known_details(follows: Predecessor | None) -> Mapping[str, str]:
    """Return what the guest told with the ticket that is carried on, by form field."""
    if follows is None:
        return {}
    row = timeline.ticket_row(reading(), follows.id)
    return {
        "given_name": row.requester_given_name,
        "family_name": row.requester_family_name,
        "email": row.requester_email,
        "phone": row.requester_phone,
        "title": follows.title,
        "follows": follows.number,
    }


def file(service: Service, category: Category, form: GuestForm, filled: Filled, follows: Predecessor | None) -> str:
    """File a guest's request under a number with a random suffix, and return the number without it.

    Raises Replayed for a form whose start was used already, TooMany when the address has had its mails, Invalid when a
    file is gone.
    """
    asked = _request(service, category, form, filled, follows)
    return file_request(asked, partial(_newcomer, _guest(category, form), form_key(form)))


def park(service: Service, category: Category, form: GuestForm, filled: Filled, follows: Predecessor | None) -> None:
    """Keep a guest's request until the address is confirmed by mail. Raises as `file` does."""
    asked = as_ticket(_request(service, category, form, filled, follows), "")
    with writing() as session:
        guard.spend(session, asked.form_key)
        confirmations.park(session, _guest(category, form), asked, service.id, utc_now())


def confirmed(service: Service, token: str) -> str:
    """File the request behind a mailed link and return its number; the one it has when it was filed before."""
    with writing() as session:
        number = next_number(session, utc_now(), ZoneInfo(service.zone))
    try:
        with writing() as session:
            return confirmations.file(session, token, number, new_suffix(), utc_now())
    except AlreadyDone as error:
        return error.made.split("#")[0]


def holds(known: Known | None, email: str, suffix: str | None) -> bool:
    """Tell in constant time whether address and suffix are those of the ticket; never for an account holder's."""
    own_email, own_suffix = (plain_address(known.email), known.suffix or "") if known else ("", "")
    same_email = compare_digest(own_email.encode(), email.encode())
    same_suffix = compare_digest(own_suffix.encode(), (suffix or "").encode())
    return same_email and same_suffix and bool(own_suffix)


def _guest(category: Category, form: GuestForm) -> Guest:
    phone = form[phone_field(category) or "phone"].data
    return Guest(
        given_name=form.given_name.data or "",
        family_name=form.family_name.data or "",
        email=form.email.data or "",
        phone=(phone or "").strip(),
        locale=locale_code(),
    )


def _request(
    service: Service, category: Category, form: GuestForm, filled: Filled, follows: Predecessor | None
) -> Request:
    return Request(service, category.key, form, filled, ORIGIN, new_suffix(), follows=follows.id if follows else None)


def _newcomer(guest: Guest, key: str, session: Session) -> Actor:
    if guard.spend(session, key):
        count_mail(session, guest.email, utc_now())
    person = new_guest(session, guest, utc_now())
    return Actor(ActorKind.GUEST, person_id=person.id, display_name=person.display_name, locale=guest.locale)
