"""How old somebody is by the date of birth that a provider states."""

from datetime import date


def age_on(stated: str, today: date) -> int | None:
    """Return the full years on `today` of somebody born on the date `stated`; None for what is no date.

    SPID and CIE write `2010-05-31`, schacDateOfBirth `20100531`. Somebody born on 29 February is a year older on
    1 March of other years.
    """
    try:
        born = date.fromisoformat(stated.strip())
    except ValueError:
        return None
    return today.year - born.year - ((today.month, today.day) < (born.month, born.day))
