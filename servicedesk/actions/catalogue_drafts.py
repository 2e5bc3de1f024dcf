"""Preparing a version of the catalogue in the browser: begin, change, bring up to date, publish, throw away."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any

from sqlalchemy.orm import Session

from servicedesk.actions.audit import record
from servicedesk.actions.catalogue import Applied, Publishable, apply
from servicedesk.rules.catalogue import Catalogue
from servicedesk.rules.catalogue_changes import foreign
from servicedesk.rules.catalogue_consequences import Held, consequences, problems_of
from servicedesk.rules.catalogue_edit import living, merged, plain, settled
from servicedesk.rules.catalogue_json import from_data, to_data, to_json
from servicedesk.rules.errors import Conflict, Invalid, NotAllowed, NotNow
from servicedesk.rules.permissions import Actor
from servicedesk.rules.sentences import N_, Sentence
from servicedesk.store import catalogue as store
from servicedesk.store import catalogue_drafts as drafts
from servicedesk.store.approvals import approving
from servicedesk.store.models.catalogue import CatalogueDraft
from servicedesk.store.people import staffed_groups

NAMED = 5
"""Entries that a refusal names."""
NOTE = range(3, 501)
"""Characters of the reason for publishing."""
SECTIONS = ("services", "groups", "categories")


@dataclass(frozen=True, slots=True)
class Seen:
    """What the administrator had in front of them: the running version, and how often the draft was changed."""

    running: int
    revision: int


def by(actor: Actor) -> str:
    """Return an actor as the records of administration have them."""
    return f"person:{actor.person_id}"


def begin(
    session: Session, actor: Actor, origin: str, title: str, tree: Catalogue, now: datetime, file_hash: str = ""
) -> CatalogueDraft:
    """Keep a tree as a draft of the next version; `origin` is file, version or running."""
    number, _running = store.current_version(session)
    made = CatalogueDraft(
        origin=origin,
        title=title[:200],
        base_version=number,
        file_hash=file_hash,
        content=to_data(tree),
        revision=1,
        created_at=now,
        created_by=by(actor),
        changed_at=now,
        changed_by=by(actor),
    )
    session.add(made)
    session.flush()
    record(session, by(actor), "catalogue.draft", f"draft:{made.id}", now, {}, {"origin": origin, "title": title})
    return made


def change(
    session: Session, actor: Actor, draft_id: int, edit: Callable[[Catalogue], Catalogue], now: datetime
) -> Catalogue:
    """Edit a draft and return its tree; the draft may have errors afterwards.

    `edit` gets the tree as it stands and raises Conflict when it is not what the administrator saw. Raises NotAllowed
    for an entry of a service that the person does not administer.
    """
    draft = drafts.draft(session, draft_id, is_locked=True)
    old = from_data(draft.content)
    new = settled(edit(old))
    _demand_own(old, new, actor)
    before, after = _changed_entries(old, new)
    if before == after:
        return new
    _keep(draft, new, actor, now)
    record(session, by(actor), "catalogue.edit", f"draft:{draft_id}", now, before, after)
    session.flush()
    return new


def _keep(draft: CatalogueDraft, tree: Catalogue, actor: Actor, now: datetime) -> None:
    draft.content, draft.revision, draft.file_hash = to_data(tree), draft.revision + 1, ""
    draft.changed_at, draft.changed_by = now, by(actor)


def _changed_entries(old: Catalogue, new: Catalogue) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the entries that differ, each with the properties that differ; the order counts as one of them."""
    before: dict[str, Any] = {}
    after: dict[str, Any] = {}
    for section in SECTIONS:
        entries: tuple[Mapping[str, Any], ...] = (getattr(old, section), getattr(new, section))
        for key in {**entries[0], **entries[1]}:
            if entries[0].get(key) == entries[1].get(key):
                continue
            sides = [plain(side.get(key)) for side in entries]
            names = [name for name in sides[0] | sides[1] if sides[0].get(name) != sides[1].get(name)]
            before[key], after[key] = ({name: side.get(name) for name in names} for side in sides)
    if not before and list(old.categories) != list(new.categories):
        before, after = {"order": list(old.categories)}, {"order": list(new.categories)}
    return before, after


def _demand_own(old: Catalogue, new: Catalogue, actor: Actor) -> None:
    others = foreign(old, new, actor.administers_service)
    if others:
        names = ", ".join(change.key for change in others[:NAMED])
        raise NotAllowed(
            N_(
                "You administer only some services, and this changes what is not theirs (%(names)s; in all %(count)s). "
                "Leave it as it is, or ask an administrator of all services. Groups belong to all."
            ),
            names=names,
            count=len(others),
        )


def bring_up_to_date(session: Session, actor: Actor, draft_id: int, now: datetime) -> tuple[str, ...]:
    """Take into a draft what was published since it began; return the entries that both changed, where it prevails."""
    draft = drafts.draft(session, draft_id, is_locked=True)
    number, running = store.current_version(session)
    if draft.base_version == number:
        return ()
    base, own = store.numbered(session, draft.base_version), from_data(draft.content)
    tree, both = merged(base, living(running), own)
    _keep(draft, settled(tree), actor, now)
    before, draft.base_version = {"version": draft.base_version}, number
    record(session, by(actor), "catalogue.update", f"draft:{draft_id}", now, before, {"version": number})
    session.flush()
    return both


def publish(
    session: Session, actor: Actor, draft_id: int, seen: Seen, note: str, now: datetime, *, is_confirmed: bool
) -> Applied:
    """Make a draft the running catalogue. Source: rule 5.

    Raises Conflict when the draft or the running version is not the one seen, Invalid while it has errors, for a
    missing note and for warnings not confirmed, NotAllowed for what the person does not administer.
    """
    draft = drafts.draft(session, draft_id, is_locked=True)
    number, running = store.current_version(session)
    _demand_seen(draft, number, seen)
    tree = living(settled(from_data(draft.content)))
    _demand_sound(tree)
    _demand_own(living(running), tree, actor)
    _demand_words(note, is_confirmed or not any(consequences(running, tree, held(session))))
    file_hash = draft.file_hash or sha256(to_json(tree).encode()).hexdigest()
    applied = apply(session, Publishable(tree, file_hash, ()), by(actor), now, note)
    if not applied.is_new:
        raise NotNow(N_("This is the running catalogue already: nothing would change."))
    session.delete(draft)
    session.flush()
    return applied


def _demand_seen(draft: CatalogueDraft, number: int, seen: Seen) -> None:
    if number != seen.running:
        raise Conflict(
            N_("Version %(number)s was published meanwhile. Look at the differences from it, then publish again."),
            number=number,
        )
    if draft.revision != seen.revision:
        raise Conflict(N_("Somebody changed this draft meanwhile. Look at the differences, then publish again."))


def _demand_sound(tree: Catalogue) -> None:
    errors = sum(problem.severity == "error" for problem in problems_of(tree))
    if errors:
        raise Invalid(
            N_("This draft has errors (%(count)s): it cannot be published. Correct them first."), count=errors
        )


def _demand_words(note: str, is_confirmed: bool) -> None:
    refused: dict[str, Sentence] = {}
    if len(note) not in NOTE:
        refused["note"] = Sentence(N_("Say in 3 to 500 characters why this version is published."))
    if not is_confirmed:
        refused["confirmed"] = Sentence(N_("Read the warnings, then tick this box."))
    if refused:
        raise Invalid(N_("This version is not published yet."), refused)


def held(session: Session) -> Held:
    """Return what publishing could touch: open requests and the groups that have technicians."""
    counts = drafts.open_counts(session)
    return Held(
        counts.by_category,
        counts.by_group,
        staffed_groups(session),
        *approving(session),
    )


def discard(session: Session, actor: Actor, draft_id: int, now: datetime) -> None:
    """Throw a draft away; what runs stays. Raises NotAllowed for somebody else's with changes to other services."""
    draft = drafts.draft(session, draft_id, is_locked=True)
    if draft.created_by != by(actor):
        _demand_own(living(store.numbered(session, draft.base_version)), living(from_data(draft.content)), actor)
    before = {"origin": draft.origin, "title": draft.title, "begun by": draft.created_by}
    record(session, by(actor), "catalogue.discard", f"draft:{draft_id}", now, before, {})
    session.delete(draft)
    session.flush()
