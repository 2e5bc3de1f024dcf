"""Turns what pydantic refuses in a catalogue entry into sentences that say what, where and what to do."""

from collections.abc import Mapping
from difflib import get_close_matches

from pydantic_core import ErrorDetails

from servicedesk.gateways.catalogue_documents import (
    ApproverDocument,
    CategoryDocument,
    Document,
    FieldDocument,
    NoticeDocument,
    OptionDocument,
    RoutingDocument,
    StepDocument,
    SynonymsDocument,
    TextDocument,
)
from servicedesk.rules.sentences import N_, Sentence

LANGUAGES = ("it", "en")
NESTED: Mapping[str, type[Document]] = {
    "approvals": StepDocument,
    "by": ApproverDocument,
    "fields": FieldDocument,
    "notices": NoticeDocument,
    "options": OptionDocument,
    "routing": RoutingDocument,
    "synonyms": SynonymsDocument,
}
UNKNOWN = N_("'%(entry)s' has an unknown property '%(property)s'; delete it")
UNKNOWN_NEAR = N_("'%(entry)s' has an unknown property '%(property)s'; did you mean '%(near)s'?")
NO_TRANSLATION = N_("'%(entry)s': the translation '%(property)s' is missing; write it")
MISSING = N_("'%(entry)s': the property '%(property)s' is missing; state it")
WRONG = N_("'%(entry)s': '%(property)s' has the wrong form (%(problem)s); correct it")

MESSAGES: Mapping[str, str] = {
    "string_type": N_("'%(entry)s': '%(property)s' must be a text"),
    "string_too_short": N_("'%(entry)s': '%(property)s' is empty; write a text"),
    "string_too_long": N_("'%(entry)s': '%(property)s' is too long; at most %(max_length)s characters"),
    "string_pattern_mismatch": N_(
        "'%(entry)s': '%(property)s' has the form of no name; keys take lower-case letters, digits and hyphens, "
        "group codes capital letters, digits and hyphens"
    ),
    "too_long": N_("'%(entry)s': '%(property)s' names too many; at most %(max_length)s"),
    "approver": N_(
        "'%(entry)s': '%(property)s' must name one approver: supervisors or members of a group (its code, or own), "
        "or the code of a person"
    ),
    "too_short": N_("'%(entry)s': '%(property)s' is an empty list; name at least one"),
    "list_type": N_("'%(entry)s': '%(property)s' must be a list"),
    "dict_type": N_("'%(entry)s': '%(property)s' must have named properties below it"),
    "model_type": N_("'%(entry)s': '%(property)s' must have named properties below it, a text both 'it' and 'en'"),
    "int_type": N_("'%(entry)s': '%(property)s' must be a whole number"),
    "int_parsing": N_("'%(entry)s': '%(property)s' must be a whole number"),
    "bool_type": N_("'%(entry)s': '%(property)s' must be true or false"),
    "bool_parsing": N_("'%(entry)s': '%(property)s' must be true or false"),
    "greater_than_equal": N_("'%(entry)s': '%(property)s' is out of range; it must be at least %(ge)s"),
    "less_than_equal": N_("'%(entry)s': '%(property)s' is out of range; it must be at most %(le)s"),
    "enum": N_("'%(entry)s': '%(property)s' is not known; choose one of %(expected)s"),
    "literal_error": N_("'%(entry)s': '%(property)s' is not known; choose one of %(expected)s"),
    "date_parsing": N_("'%(entry)s': '%(property)s' is not a date; write it as 2026-09-30"),
    "date_from_datetime_parsing": N_("'%(entry)s': '%(property)s' is not a date; write it as 2026-09-30"),
    "date_from_datetime_inexact": N_("'%(entry)s': '%(property)s' is not a date; write it as 2026-09-30"),
    "date_type": N_("'%(entry)s': '%(property)s' is not a date; write it as 2026-09-30"),
    "bound": N_("'%(entry)s': '%(property)s' is no day; write it as 2026-09-30, today, today-365 or today+30"),
    "uuid_parsing": N_("'%(entry)s': '%(property)s' is not a UUID; make one, for example with uuidgen"),
    "uuid_type": N_("'%(entry)s': '%(property)s' is not a UUID; make one, for example with uuidgen"),
    "zone": N_("'%(entry)s': '%(property)s' is not a known time zone; write it as Europe/Rome"),
    "priority_matrix": N_(
        "'%(entry)s': '%(property)s' is no priority matrix; write five rows of five levels 1 to 5 "
        "that never fall as urgency or impact rises"
    ),
    "hours": N_("'%(entry)s': '%(property)s' has wrong opening hours; write a list in order, as 09:00-12:30"),
}


def sentence_for(error: ErrorDetails, entry: str, model: type[Document]) -> Sentence:
    """Return the sentence for one of pydantic's errors in the entry called `entry`."""
    kind, where = error["type"], error["loc"]
    params: dict[str, str | int] = {"entry": entry, "property": dotted(where)}
    if kind == "extra_forbidden":
        return _unknown(params, where, model)
    if kind in ("missing", "string_too_short") and where[-1] in LANGUAGES:
        return Sentence(NO_TRANSLATION, params)
    if kind == "missing":
        return Sentence(MISSING, params)
    if kind not in MESSAGES:
        return Sentence(WRONG, {**params, "problem": error["msg"]})
    details = {name: str(value) for name, value in error.get("ctx", {}).items()}
    return Sentence(MESSAGES[kind], {**details, **params})


def dotted(where: tuple[int | str, ...]) -> str:
    """Return the place of a property in its entry, as `fields[0].label.en`."""
    steps = (f"[{step}]" if isinstance(step, int) else f".{step}" for step in where if step != "[key]")
    return "".join(steps).lstrip(".")


def _unknown(params: dict[str, str | int], where: tuple[int | str, ...], model: type[Document]) -> Sentence:
    above = [step for step in where[:-1] if isinstance(step, str)]
    owner = NESTED.get(above[-1], TextDocument) if above else model
    names = [*owner.model_fields, "children"] if owner is CategoryDocument else [*owner.model_fields]
    near = get_close_matches(str(where[-1]), names, n=1)
    return Sentence(UNKNOWN_NEAR, {**params, "near": near[0]}) if near else Sentence(UNKNOWN, params)
