"""The fictitious people of the demo: provider, student register, staff list and catalogue agree about them."""

import csv
import tomllib
from typing import Any

import yaml

from tests.saml.desk import CONFIG, Desk

DEMO = CONFIG.parent / "demo"
FISCAL_CODE = "urn:oid:1.3.6.1.4.1.25178.1.2.15"
STUDENT_NUMBER = "urn:oid:1.3.6.1.4.1.25178.1.2.14"
EMPLOYEE_NUMBER = "urn:oid:2.16.840.1.113730.3.1.3"
MAIL = "urn:oid:0.9.2342.19200300.100.1.3"


def students() -> dict[str, dict[str, str]]:
    """Return the register by fiscal code."""
    with (DEMO / "students.csv").open(encoding="utf-8", newline="") as file:
        return {row["fiscal_code"]: row for row in csv.DictReader(file)}


def staff() -> list[dict[str, Any]]:
    """Return the staff list."""
    people: list[dict[str, Any]] = tomllib.loads((DEMO / "staff.toml").read_text(encoding="utf-8"))["person"]
    return people


def catalogue() -> Any:
    """Return the catalogue as it is written."""
    return yaml.safe_load((CONFIG.parents[1] / "categories.yaml").read_text(encoding="utf-8"))


def test_the_people_who_sign_in_are_those_of_the_register_and_the_staff_list(desk: Desk) -> None:
    register = students()
    employees = {person["fiscal_code"]: (person["code"], person["email"]) for person in staff()}
    for person in desk.config.people:
        values = {name: each[0].rpartition(":")[2] for name, each in person.attributes.items()}
        code = values[FISCAL_CODE]
        if person.kind == "student":
            assert register[code]["institutional_email"] == values[MAIL]
            assert register[code]["matricola"] == values.get(STUDENT_NUMBER, "")
        elif person.kind == "staff":
            assert employees.pop(code) == (values[EMPLOYEE_NUMBER], values[MAIL])
        else:
            assert code not in register
    assert not employees


def test_the_register_has_every_status_and_no_repeated_identity() -> None:
    rows = list(students().values())
    assert len(rows) > 200
    assert {row["status"] for row in rows} == {"active", "former", "not_yet_active"}
    numbers = [row["matricola"] for row in rows if row["matricola"]]
    assert len(set(numbers)) == len(numbers)
    assert len({row["institutional_email"] for row in rows}) == len(rows)


def routed_areas(categories: list[dict[str, Any]]) -> set[str]:
    """Return every area by which the catalogue routes."""
    found: set[str] = set()
    for category in categories:
        routing = category.get("routing", {})
        found |= set(routing.get("to", {})) if routing.get("attribute") == "area" else set()
        found |= routed_areas(category.get("children", []))
    return found


def test_the_areas_of_the_register_are_those_by_which_the_catalogue_routes() -> None:
    assert {row["area"] for row in students().values()} == routed_areas(catalogue()["categories"])


def test_every_group_of_the_catalogue_has_a_technician_and_a_supervisor() -> None:
    groups = {group["code"] for group in catalogue()["groups"]}
    assert {code for person in staff() for code in person["technician_of"]} == groups
    assert {code for person in staff() for code in person["supervisor_of"]} == groups
    assert any(person["administrator"] for person in staff())


def check_character(code: str) -> str:
    """Return the check character of a fiscal code (ministerial decree of 23 December 1976)."""
    odd = "BAFHJNPRTVCESULDGIMOQKWZYX"
    total = 0
    for place, character in enumerate(code[:15]):
        value = int(character) if character.isdigit() else ord(character) - ord("A")
        total += value if place % 2 else ord(odd[value]) - ord("A")
    return chr(ord("A") + total % 26)


def test_every_fiscal_code_has_a_valid_check_character_and_an_impossible_birthplace() -> None:
    people = tomllib.loads((CONFIG / "devidp-digital.toml").read_text(encoding="utf-8"))["citizens"]
    stated = [code for person in people for code in person["attributes"].get("fiscalNumber", ())]
    assert len(stated) == 3
    citizens = [code.removeprefix("TINIT-") for code in stated]
    for code in [*students(), *(person["fiscal_code"] for person in staff()), *citizens]:
        assert code[15] == check_character(code), code
        assert code[11:15] == "X999"
