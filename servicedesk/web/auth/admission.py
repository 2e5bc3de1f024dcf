"""Who comes in of those a provider vouches for: old enough, known by what the service needs, and with a session."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from flask import current_app, g, request

from saml.errors import Code, SamlError
from saml.profile import Attribute, Profile
from saml.responses import SignIn, mapped
from servicedesk.actions.attribute_preview import remember
from servicedesk.actions.people import Arrival, sign_in
from servicedesk.actions.sessions import AtProvider, end, start
from servicedesk.rules.ages import age_on
from servicedesk.rules.identity import stable_proof
from servicedesk.rules.sentences import N_, Sentence
from servicedesk.settings import Settings
from servicedesk.store import sign_in as requests
from servicedesk.web.addresses import HOME
from servicedesk.web.auth.exchanges import record_accepted
from servicedesk.web.auth.pages import TooYoung, TurnedAway
from servicedesk.web.db import reading, writing
from servicedesk.web.language import locale_code, say

LONGEST = 255
LONGEST_FORMAT = 120
BIRTH_DATE = "birth_date"
NAMES: Mapping[str, str] = {
    "affiliation": N_("affiliation"),
    BIRTH_DATE: N_("date of birth"),
    "email": N_("e-mail address"),
    "employee_number": N_("employee number"),
    "family_name": N_("family name"),
    "fiscal_code": N_("fiscal code"),
    "given_name": N_("given name"),
    "principal": N_("user name at the university"),
    "student_number": N_("student number"),
}
"""What people call an attribute, by its logical name."""


@dataclass(frozen=True)
class Admitted:
    """A fresh session, by its token, and where the person was going."""

    token: str
    person_id: int
    next_path: str


def admit(profile: Profile, signin: SignIn, answer: str, now: datetime) -> Admitted:
    """Begin a session for a verified sign-in; the browser's old one ends.

    `answer` is the message as it was posted, for the log. Raises TurnedAway or NotAllowed for whom the desk does not
    let in, SamlError for an answer whose names cannot be kept.
    """
    settings: Settings = current_app.extensions["desk_settings"]
    attributes, asked = mapped(profile, signin), requests.taken(reading(), signin.request_id)
    g.vouched_for = next(iter(attributes.get("fiscal_code", ())), signin.name_id.value)
    refuse_too_young(attributes, settings, now)
    refuse_incomplete(profile, signin, attributes, asked.attribute_set, now)
    name_id = signin.name_id
    proof = stable_proof(settings.identity_key, signin.idp, attributes, name_id.value, name_id.format)
    at = at_provider(profile, signin)
    arrival = Arrival(proof, attributes, locale_code(), has_private_address=not signin.is_own)
    ends = now + timedelta(hours=settings.sessions.hours)
    with writing() as db:
        # Any member of a federation could send the attribute that makes an administrator here.
        roles = settings.saml.roles if signin.is_own else ()
        person = sign_in(db, arrival, roles, now)
        for old in filter(None, (asked.replaces, g.running.id if "running" in g else None)):
            end(db, old, now)
        token = start(db, person.id, at, min(ends, signin.not_on_or_after or ends), now)
        remember(
            db,
            profile=profile.name,
            provider=signin.idp,
            raw=signin.attributes,
            mapped=attributes,
            missing=(),
            now=now,
        )
        record_accepted(db, profile, asked, answer, now)
    is_ours = secrets.compare_digest(request.form.get("RelayState", "").encode(), asked.relay_token.encode())
    return Admitted(token, person.id, asked.next_path if is_ours else HOME)


def refuse_too_young(attributes: Mapping[str, Sequence[str]], settings: Settings, now: datetime) -> None:
    """Raise TurnedAway for somebody whose stated date of birth makes them too young; nothing of them is kept.

    Source: GDPR, article 8; D.Lgs. 196/2003, article 2-quinquies (14 years in Italy).
    """
    today = now.astimezone(ZoneInfo(settings.site.zone)).date()
    ages = [age for stated in attributes.get(BIRTH_DATE, ()) if (age := age_on(stated, today)) is not None]
    if ages and min(ages) < settings.accounts.minimum_age:
        raise TooYoung(
            "too-young",
            N_(
                "This service is for people of %(age)s years and older, so you are not signed in, and nothing about "
                "you was kept. Ask a parent or guardian to write to us on your behalf."
            ),
            age=settings.accounts.minimum_age,
        )


def refuse_incomplete(
    profile: Profile,
    signin: SignIn,
    attributes: Mapping[str, Sequence[str]],
    set_asked: int | None,
    now: datetime,
) -> None:
    """Raise TurnedAway naming what was needed and did not come; administrators find it in the preview too."""
    missing = [each for each in needed(profile, set_asked) if not any(signin.attributes.get(each.name, ()))]
    if not missing:
        return
    logical = [_logical(profile, each) for each in missing]
    with writing() as db:
        remember(
            db,
            profile=profile.name,
            provider=signin.idp,
            raw=signin.attributes,
            mapped=attributes,
            missing=logical,
            now=now,
        )
    raise TurnedAway(
        "missing-attribute",
        N_(
            "Your identity provider did not tell us what we need to know to sign you in: %(names)s. Ask the help desk "
            "of your identity provider to send it, or choose another way to sign in."
        ),
        names=", ".join(say(Sentence(NAMES[name])) if name in NAMES else name for name in logical),
    )


def needed(profile: Profile, set_asked: int | None) -> tuple[Attribute, ...]:
    """Return the attributes without which nobody signs in: the required ones of the set asked for that are used here.

    A request that names no set means the first one of the metadata (metadata 2.4.4.1).
    """
    asked = profile.attribute_set(set_asked) if set_asked is not None else next(iter(profile.attribute_sets), None)
    used = {name for names in profile.mapping.values() for name in names}
    return tuple(each for each in (asked.attributes if asked else ()) if each.required and each.name in used)


def _logical(profile: Profile, attribute: Attribute) -> str:
    names = (logical for logical, carried in profile.mapping.items() if attribute.name in carried)
    return next(names, attribute.friendly_name)


def at_provider(profile: Profile, signin: SignIn) -> AtProvider:
    """Return the provider's side of the session. Raises SamlError when its names are longer than can be kept."""
    name_id = signin.name_id
    kept = (name_id.value, name_id.qualifier, name_id.sp_qualifier, signin.session_index)
    if max(map(len, kept)) > LONGEST or len(name_id.format) > LONGEST_FORMAT:
        raise SamlError(Code.MALFORMED, "name id or session index is too long to keep")
    return AtProvider(
        provider=signin.idp,
        name_id=name_id.value,
        name_id_format=name_id.format,
        name_qualifier=name_id.qualifier,
        sp_qualifier=name_id.sp_qualifier,
        session_index=signin.session_index,
        profile=profile.name,
        level=signin.level,
    )
