"""Reads counters from a TOML file: one [[counter]] each."""

import tomllib

from servicedesk.rules.counters import Counter, read_counter
from servicedesk.rules.errors import Invalid
from servicedesk.rules.sentences import N_


def read(content: bytes) -> list[Counter]:
    """Return the counters of a file. Raises Invalid for what is no TOML or no counter."""
    try:
        data = tomllib.loads(content.decode("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise Invalid(N_("This is no TOML file: %(reason)s"), reason=str(error)) from error
    found = data.get("counter")
    if not isinstance(found, list) or not all(isinstance(each, dict) for each in found):
        raise Invalid(N_("The file names no counter: begin each with [[counter]]."))
    return [read_counter(each) for each in found]
