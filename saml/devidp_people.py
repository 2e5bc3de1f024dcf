"""The fictitious people of the demo identity providers, as the university, SPID and CIE know them."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Final

from saml.reader import Reader

KINDS: Final = ("student", "staff", "other")
MONTHS: Final = "ABCDEHLMPRST"
WOMEN: Final = 40
"""A fiscal code adds this to a woman's day of birth (ministerial decree of 23 December 1976)."""
FISCAL_CODE: Final = "urn:schac:personalUniqueID:IT:CF:"
OLDEST: Final = 1925
BIRTHDAY_AGO: Final = timedelta(days=100)

Values = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True)
class Person:
    """Somebody who can be chosen on the sign-in page; `role` says by language whom one becomes.

    With `age` the date of birth follows the calendar, so that a minor of the demo stays one.
    """

    uid: str
    name: str
    kind: str
    role: Mapping[str, str]
    attributes: Values
    age: int | None = None

    def vouched(self, now: datetime) -> Values:
        """Return what a provider says about the person at `now`."""
        if self.age is None:
            return self.attributes
        birthday = now.date() - BIRTHDAY_AGO
        return {**self.attributes, "dateOfBirth": (birthday.replace(year=birthday.year - self.age, day=1).isoformat(),)}


def read_people(read: Reader, *, digital: bool) -> tuple[Person, ...]:
    """Return the people of a file; what their attributes are called on the wire is in its table `names`.

    With `digital` they come as SPID and CIE know them.
    """
    names = read.value("names")
    if not isinstance(names, dict):
        read.wrong("names", "a table of attribute names is needed")
        return ()
    return tuple(read_member(row, names, digital=digital) for row in read.tables("people"))


def read_member(row: Reader, names: Mapping[str, str], *, digital: bool) -> Person:
    """Return one person of the university."""
    known = row.mapping("attributes")
    for friendly in known:
        if friendly not in names:
            row.wrong(f"attributes.{friendly}", "is not in the table of attribute names")
    if digital:
        return read_person(row, digital_identity(row.text("uid"), known))
    return read_person(row, {names.get(friendly, friendly): values for friendly, values in known.items()})


def read_citizen(row: Reader) -> Person:
    """Return somebody with a digital identity alone, whose attributes are written as SPID names them."""
    age = row.value("age")
    if not (age is None or isinstance(age, int)):
        row.wrong("age", "a whole number of years is needed")
    return replace(read_person(row, row.mapping("attributes")), age=age)


def read_person(row: Reader, attributes: Values) -> Person:
    """Return one person of the file with these attributes."""
    return Person(row.text("uid"), row.text("name"), row.one_of("kind", KINDS), row.localised("role"), attributes)


def digital_identity(uid: str, known: Values) -> dict[str, tuple[str, ...]]:
    """Return the SPID attributes of somebody described as the university does; the e-mail is a private one."""
    code = known.get("schacPersonalUniqueID", ("",))[0].removeprefix(FISCAL_CODE)
    found = {"name": known.get("givenName", ()), "familyName": known.get("sn", ()), "email": (f"{uid}@posta.example",)}
    if len(code) == 16:
        found["fiscalNumber"] = (f"TINIT-{code}",)
        found["gender"] = ("F" if int(code[9:11]) > WOMEN else "M",)
        found["dateOfBirth"] = (born(code).isoformat(),)
    return found


def born(code: str) -> date:
    """Return the date of birth that a fiscal code (without omocodia) states."""
    year = 1900 + int(code[6:8])
    return date(year if year > OLDEST else year + 100, MONTHS.index(code[8]) + 1, int(code[9:11]) % WOMEN)


def spid_code(provider: str, uid: str) -> str:
    """Return the code by which a SPID provider knows somebody: its own four letters and ten signs (AgID's format)."""
    digest = hashlib.sha256(f"{provider} {uid}".encode()).hexdigest().upper()
    return f"{provider.upper():X<4}"[:4] + digest[:10]
