"""Announcements: making one, changing it, ending it before its time; each leaves an audit event."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from servicedesk.actions import audit
from servicedesk.rules.announcements import Phase, Text, Weight, Written, check_manages, checked, phase
from servicedesk.rules.errors import Conflict, NotNow
from servicedesk.rules.permissions import Actor
from servicedesk.rules.richtext import POLICY, RichText
from servicedesk.rules.sentences import N_
from servicedesk.store import announcements as store
from servicedesk.store.models.announcements import Announcement
from servicedesk.store.tickets import claim_form_key

_FASTER = N_("A colleague changed this announcement after you opened it. Saving again replaces their text.")


def publish(session: Session, written: Written, by: str, now: datetime) -> Announcement:
    """Make an announcement on behalf of `by` (`person:<id>` or `command:<user>`). Raises Invalid."""
    bodies = checked(written)
    made = Announcement(saves=0)
    _write(made, written, bodies, None, now)
    session.add(made)
    session.flush()
    store.set_audience(session, made.id, written.audience)
    audit.record(session, by, "announcement.new", f"announcement:{made.id}", now, after=_facts(written))
    return made


def announce(session: Session, by: Actor, written: Written, now: datetime, form_key: str) -> None:
    """Make an announcement; the same form sent twice makes one. Raises Invalid, NotAllowed."""
    checked(written)
    check_manages(by, written.service_id)
    if not claim_form_key(session, form_key, "announcement", now):
        publish(session, written, f"person:{by.person_id}", now).changed_by = by.person_id
        session.flush()


def change(session: Session, by: Actor, announcement_id: int, written: Written, seen: int, now: datetime) -> None:
    """Replace an announcement; `seen` is the number of savings the form was made from.

    Raises Invalid, NotAllowed, NotFound, and Conflict when somebody else saved meanwhile.
    """
    bodies = checked(written)
    announcement = _seen(session, by, announcement_id, seen)
    check_manages(by, written.service_id)
    before = _facts(written_of(session, announcement))
    _write(announcement, written, bodies, by.person_id, now)
    store.set_audience(session, announcement.id, written.audience)
    _record(session, by, "announcement.change", announcement, now, before, _facts(written))


def end(session: Session, by: Actor, announcement_id: int, seen: int, now: datetime) -> None:
    """Let an announcement be over now, or never begin. Raises NotFound, Conflict, NotNow for one that is over."""
    announcement = _seen(session, by, announcement_id, seen)
    if phase(announcement.starts_at, announcement.ends_at, now) is Phase.OVER:
        raise NotNow(N_("This announcement is over already."))
    before = {"ends_at": announcement.ends_at.isoformat()}
    announcement.ends_at, announcement.changed_at, announcement.changed_by = now, now, by.person_id
    announcement.saves += 1
    _record(session, by, "announcement.end", announcement, now, before, {"ends_at": now.isoformat()})


def written_of(session: Session, announcement: Announcement) -> Written:
    """Return an announcement as it was written."""
    texts = {
        language: Text(title, announcement.texts[language]["source"]) for language, title in announcement.titles.items()
    }
    return Written(
        Weight(announcement.weight),
        announcement.service_id,
        store.audience_of(session, announcement.id),
        announcement.starts_at,
        announcement.ends_at,
        texts,
    )


def _seen(session: Session, by: Actor, announcement_id: int, seen: int) -> Announcement:
    announcement = store.managed(session, by, announcement_id, is_locked=True)
    if announcement.saves != seen:
        raise Conflict(_FASTER)
    return announcement


def _write(
    announcement: Announcement, written: Written, bodies: Mapping[str, RichText], by: int | None, now: datetime
) -> None:
    announcement.weight, announcement.service_id = written.weight, written.service_id
    announcement.starts_at, announcement.ends_at = written.starts_at, written.ends_at
    announcement.titles = {language: text.title for language, text in written.texts.items()}
    announcement.texts = {
        language: {"source": text.source, "html": bodies[language].html, "text": bodies[language].text}
        for language, text in written.texts.items()
    }
    announcement.policy, announcement.changed_at, announcement.changed_by = POLICY, now, by
    announcement.saves += 1


def _facts(written: Written) -> dict[str, Any]:
    return {
        "title": written.texts["it"].title,
        "weight": written.weight.name.lower(),
        "service": written.service_id,
        "audience": sorted(written.audience),
        "starts_at": written.starts_at.isoformat(),
        "ends_at": written.ends_at.isoformat(),
    }


def _record(
    session: Session,
    by: Actor,
    action: str,
    announcement: Announcement,
    now: datetime,
    before: Mapping[str, Any],
    after: Mapping[str, Any],
) -> None:
    subject = f"announcement:{announcement.id}"
    audit.record(session, f"person:{by.person_id}", action, subject, now, before=before, after=after)
    session.flush()
