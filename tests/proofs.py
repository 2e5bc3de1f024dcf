"""The work of a browser: the number that proves a start (servicedesk/static/js/proof-worker.js does the same)."""

from itertools import count

from servicedesk.rules.robots import is_proof


def solve(start: str) -> str:
    """Return the smallest number that solves a start."""
    return next(str(number) for number in count() if is_proof(start, str(number)))
