"""What remains of a sign-in's messages: the log that SPID and CIE demand, the counts, the alarms."""

from datetime import datetime

from flask import current_app, g
from sqlalchemy.orm import Session

from saml.bindings import Outgoing
from saml.errors import SamlError
from saml.profile import Profile
from saml.safexml import decode, parse
from servicedesk.actions import refusals
from servicedesk.actions.alarms import clear_alarm, raise_alarm
from servicedesk.actions.saml_log import record_request, record_response
from servicedesk.rules.errors import DeskError
from servicedesk.rules.sentences import N_, Sentence
from servicedesk.settings import Settings
from servicedesk.store.sign_in import Asked
from servicedesk.web.auth.pages import code_of, whoever
from servicedesk.web.db import writing

ACCEPTED = "accepted"
OUR_MISTAKE = N_(
    "%(provider)s does not accept the sign-in requests of profile %(profile)s (ErrorCode nr%(number)s). Compare our "
    "metadata with what the federation has registered; nobody can sign in there until it is put right."
)


def record_sent(session: Session, profile: Profile, asked: Asked, outgoing: Outgoing, now: datetime) -> None:
    """Log the request where the federation demands it; last in its transaction."""
    key = _log_key(profile)
    if key:
        record_request(
            session,
            key,
            profile=profile.name,
            provider=asked.provider,
            request_id=asked.id,
            message=outgoing.signed,
            now=now,
        )


def record_accepted(session: Session, profile: Profile, asked: Asked, answer: str, now: datetime) -> None:
    """Count an accepted sign-in, and log the answer where the federation demands it; last in its transaction."""
    refusals.note_accepted(session, profile=profile.name, provider=asked.provider, now=now)
    clear_alarm(session, _mistake_with(asked), now)
    _record_answer(session, profile, asked.provider, asked.id, answer, ACCEPTED, now)


def record_refused(
    profile: Profile, asked: Asked | None, answer: str, error: SamlError | DeskError, now: datetime
) -> None:
    """Count a refusal, tell the operators of a wrong request, and log the answer where it belongs to a request.

    What belongs to no request of this browser is only counted: strangers must not fill the log.
    """
    provider = asked.provider if asked else ""
    with writing() as session:
        refusals.note(
            session,
            profile=profile.name,
            provider=provider,
            code=code_of(error),
            pseudonym=whoever(),
            now=now,
            is_person="vouched_for" in g,
        )
        if asked and isinstance(error, SamlError) and error.is_our_fault:
            told: dict[str, str | int] = {"provider": provider, "profile": profile.name, "number": error.spid or 0}
            raise_alarm(session, _mistake_with(asked), Sentence(OUR_MISTAKE, told), now)
        if asked:
            _record_answer(session, profile, provider, asked.id, answer, code_of(error), now)


def _mistake_with(asked: Asked) -> str:
    """Return the alarm's key: a provider may take the requests for one service and not those for another."""
    return f"wrong-request:{asked.profile}:{asked.service}:{asked.provider}"


def _record_answer(
    session: Session, profile: Profile, provider: str, request_id: str, answer: str, outcome: str, now: datetime
) -> None:
    key = _log_key(profile)
    if not key:
        return
    xml, response_id = _opened(answer)
    record_response(
        session,
        key,
        profile=profile.name,
        provider=provider,
        request_id=request_id,
        response_id=response_id,
        message=xml,
        outcome=outcome,
        now=now,
    )


def named_in(answer: str) -> str:
    """Return the id of the request that an answer says it belongs to, "" where it says none."""
    try:
        return parse(decode(answer)).get("InResponseTo", "")
    except SamlError:
        return ""


def _opened(answer: str) -> tuple[bytes, str]:
    """Return the answer's bytes and its id, as far as there are any."""
    xml = b""
    try:
        xml = decode(answer)
        return xml, parse(xml).get("ID", "")
    except SamlError:
        return xml, ""


def _log_key(profile: Profile) -> str:
    """Return the key of the log, "" where none is kept: in production the start refuses to go without."""
    settings: Settings = current_app.extensions["desk_settings"]
    return settings.records.log_key if profile.keeps_log else ""
