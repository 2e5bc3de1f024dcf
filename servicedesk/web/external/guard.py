"""What the public form carries against robots, and what is thought of a form that comes back."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from flask import current_app, request
from sqlalchemy.orm import Session

from servicedesk.rules.errors import Invalid
from servicedesk.rules.robots import Sent, Terms, Verdict, judge, new_start
from servicedesk.rules.sentences import N_
from servicedesk.settings import Settings
from servicedesk.store.tickets import claim_form_key
from servicedesk.web.clock import utc_now

START, PROOF, TRAP = "started", "proof", "homepage"
AGAIN: Mapping[Verdict, str] = {
    Verdict.QUICK: N_("This was sent faster than people write. Nothing is lost: check it and send it again."),
    Verdict.TRAPPED: N_("A field that must stay empty was filled in, and is empty again: check the form and send it."),
    Verdict.STALE: N_("This form was open for a long time, or was sent before. Nothing is lost: send it again."),
}


@dataclass(frozen=True, slots=True)
class Fields:
    """What the template writes into the form; with a proof, the browser need not work again."""

    start: str
    proof: str = ""


class Replayed(Invalid):
    """A start that another request was filed with."""

    def __init__(self) -> None:
        super().__init__(AGAIN[Verdict.STALE])


def fresh(form: str) -> Fields:
    """Return the fields of the form of this name, shown for the first time or beginning anew."""
    return Fields(new_start(_terms(), form, utc_now()))


def again(form: str) -> Fields:
    """Return the fields of a form that is shown again: the time and the work already spent count."""
    sent, found = _sent(), verdict(form)
    return fresh(form) if found is Verdict.STALE else Fields(sent.start, sent.proof if found is Verdict.PROVED else "")


def verdict(form: str) -> Verdict:
    """Return what to think of the form of this name that came with the request."""
    return judge(_terms(), form, _sent(), utc_now())


def spend(session: Session, form_key: str) -> bool:
    """Use the form's start up, in the transaction that files it; False when this very form was filed before.

    Raises Replayed when the start belongs to a form that said something else: one start, one request.
    """
    before = claim_form_key(session, f"start/{_sent().start}", form_key, utc_now())
    if before not in (None, form_key):
        raise Replayed
    return before is None


def _sent() -> Sent:
    return Sent(request.form.get(START, ""), request.form.get(PROOF, ""), request.form.get(TRAP, ""))


def _terms() -> Terms:
    settings: Settings = current_app.extensions["desk_settings"]
    return Terms(settings.secret_key, settings.web.proof_bits, timedelta(seconds=settings.web.fastest_form))
