"""What is told before a profile is registered: nothing when all is there, else a sentence for each thing missing."""

import subprocess
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from saml import readiness
from saml.keys import new_key_pair
from saml.profile import KeyPair, Profile, load_profile
from saml.readiness import Finding, findings
from tests.saml.examples import CONFIG, EXAMPLES, NOW, example

SITE = "https://desk.uniesempio.it"
PAIRS: dict[str, KeyPair] = {}
"""Keys take their time to make: one pair for each example."""
Change = Callable[[Profile], Profile]


def ready(folder: Path, name: str) -> Profile:
    """Return an example whose addresses are nobody's example any more, with keys of its own."""
    path = folder / "profile.toml"
    path.write_text((CONFIG / f"{name}.example.toml").read_text().replace(".example", ".it"))
    profile = load_profile(path, SITE, is_default=name == "idem", with_keys=False)
    if name not in PAIRS:
        PAIRS[name] = new_key_pair(profile, locality="Milano", days=365, now=NOW)
    return replace(profile, keys=(PAIRS[name],))


def sentences(profile: Profile, *, blocking: bool = True) -> list[str]:
    return [finding.sentence for finding in findings(profile, NOW) if finding.blocks == blocking]


def contacts(**changes: object) -> Change:
    """Return a change of the first contact."""

    def change(profile: Profile) -> Profile:
        first, *others = profile.contacts
        return replace(profile, contacts=(replace(first, **changes), *others))  # type: ignore[arg-type]

    return change


def profile_with(**changes: object) -> Change:
    if "base_url" in changes:
        changes["sites"] = (changes["base_url"],)
    return lambda profile: replace(profile, **changes)  # type: ignore[arg-type]


def first_contact_twice(profile: Profile) -> Profile:
    return replace(profile, contacts=(profile.contacts[0], *profile.contacts))


def without_contacts(profile: Profile) -> Profile:
    return replace(profile, contacts=())


def asking_for_the_name_alone(profile: Profile) -> Profile:
    (first, *_) = profile.attribute_sets
    only = tuple(each for each in first.attributes if each.name == "name")
    return replace(profile, attribute_sets=(replace(first, attributes=only),))


@pytest.mark.parametrize("name", EXAMPLES)
def test_a_profile_with_everything_has_nothing_left_to_do(tmp_path: Path, name: str) -> None:
    assert findings(ready(tmp_path, name), NOW) == []


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_as_it_ships_is_told_apart_from_ones_own(name: str) -> None:
    assert any("is an example: put your own in its place" in each for each in sentences(example(name)))


@pytest.mark.parametrize(
    ("name", "change", "expected"),
    [
        ("spid-public", profile_with(base_url="http://desk.uniesempio.it"), "must begin with https"),
        ("spid-public", profile_with(base_url="https://desk.uniesempio.it:8443"), "must not name a port"),
        ("spid-public", profile_with(base_url="https://10.0.0.1"), "must have a public name"),
        ("spid-public", profile_with(base_url="https://desk"), "must have a public name"),
        ("spid-public", profile_with(entity_id="https://desk.uniesempio.it/?x"), "must not contain a question mark"),
        ("spid-public", profile_with(entity_id="https://uniesempio.it"), "should be the metadata's address"),
        ("spid-public", without_contacts, 'A contact of type "other" is needed'),
        ("spid-private", without_contacts, 'A contact of type "billing" is needed'),
        ("cie", without_contacts, 'A contact of type "administrative" is needed'),
        ("idem", without_contacts, 'A contact of type "technical" is needed'),
        ("spid-public", first_contact_twice, 'one contact of type "other", not 2'),
        ("spid-public", contacts(kind="technical"), 'type "technical" is not accepted here; other are'),
        ("spid-public", contacts(ipa_code=""), "needs ipa_code"),
        ("spid-public", contacts(company="Altro Ente"), "must be the organisation's Italian name"),
        ("spid-public", contacts(phone="02 123"), 'must begin with "+" and hold no spaces'),
        ("spid-private", contacts(ipa_code="x"), "must not state an ipa_code"),
        ("spid-private", contacts(vat_number="", fiscal_code=""), "needs vat_number or, without any, fiscal_code"),
        ("spid-private", contacts(vat_number="12345678903"), "must begin with the country's two letters"),
        ("spid-private", contacts(kind="billing", invoice=None), "needs the table invoice"),
        ("cie", contacts(municipality=""), "needs municipality"),
        ("cie", contacts(municipality="Milano"), "must be a Belfiore code"),
        ("cie", contacts(ipa_code=""), "needs ipa_code"),
        ("cie", contacts(sector="private"), "needs nace"),
        ("cie", contacts(kind="technical"), "needs company, the name of the technical partner"),
        ("cie", profile_with(attribute_sets=()), "At least one attribute set is needed"),
        ("spid-public", asking_for_the_name_alone, "asks for nothing that tells who a person is"),
    ],
)
def test_what_is_missing_is_told_in_a_sentence(tmp_path: Path, name: str, change: Change, expected: str) -> None:
    found = sentences(change(ready(tmp_path, name)))
    assert any(expected in sentence for sentence in found), found


def test_a_university_may_choose_another_entity_id_and_is_only_advised(tmp_path: Path) -> None:
    profile = replace(ready(tmp_path, "idem"), entity_id="https://uniesempio.it/sp", interface=None)
    assert sentences(profile) == []
    advice = sentences(profile, blocking=False)
    assert any("should be the metadata's address" in each for each in advice)
    assert any("The table interface is missing" in each for each in advice)


def test_an_encryption_key_is_advised_where_assertions_may_be_encrypted(tmp_path: Path) -> None:
    profile = ready(tmp_path, "idem")
    signing = replace(profile.keys[0], encryption=False)
    assert any("cannot encrypt" in each for each in sentences(replace(profile, keys=(signing,)), blocking=False))


def made_by_openssl(folder: Path, *options: str) -> KeyPair:
    key, crt = folder / "own.key", folder / "own.crt"
    command = ["openssl", "req", "-x509", "-nodes", "-subj", "/CN=somebody", "-keyout", key, "-out", crt, *options]
    subprocess.run(command, check=True, capture_output=True)
    return KeyPair(key.read_text(), crt.read_text())


def test_a_certificate_made_by_other_means_is_told_what_it_lacks_for_spid(tmp_path: Path) -> None:
    pair = made_by_openssl(tmp_path, "-newkey", "rsa:2048", "-sha1", "-days", "9000")
    profile = replace(ready(tmp_path, "spid-public"), keys=(pair,))
    later = NOW + timedelta(days=365 * 5)
    found = [finding.sentence for finding in findings(profile, later)]
    assert all(sentence.startswith("Key pair 1: ") for sentence in found)
    for expected in ("weak digest", "2048 bits", "not made out for the entity id", "does not state the body's code"):
        assert any(expected in sentence for sentence in found), (expected, found)


def test_the_demos_keys_are_told(tmp_path: Path) -> None:
    demo = KeyPair(*((CONFIG / "demo" / f"sp-demo.{each}").read_text() for each in ("key", "crt")))
    profile = replace(ready(tmp_path, "idem"), keys=(demo,))
    assert any("it is the demo's" in each for each in sentences(profile))


@pytest.mark.parametrize(
    ("days", "blocks", "expected"),
    [
        (-1, True, "is valid only from"),
        (366, True, "is valid only from"),
        (306, False, "ends on 02/03/2027"),
        (304, None, ""),
    ],
)
def test_a_certificate_is_told_before_it_ends_and_blocks_when_it_has(
    tmp_path: Path, days: int, blocks: bool | None, expected: str
) -> None:
    found = findings(ready(tmp_path, "spid-public"), NOW + timedelta(days=days))
    assert [finding.blocks for finding in found] == ([] if blocks is None else [blocks])
    assert all(expected in finding.sentence for finding in found)


def test_every_pair_is_looked_at_and_what_blocks_comes_first(tmp_path: Path) -> None:
    profile = ready(tmp_path, "spid-public")
    old = new_key_pair(profile, locality="Milano", days=30, now=NOW - timedelta(days=31))
    (finding,) = findings(replace(profile, keys=(*profile.keys, old)), NOW)
    assert (finding.blocks, finding.sentence[:12]) == (True, "Key pair 2: ")


def test_clocks_that_differ_by_more_than_is_allowed_block() -> None:
    allowed = timedelta(seconds=60)
    assert list(readiness.clock(timedelta(seconds=-60), allowed)) == []
    (finding,) = readiness.clock(timedelta(seconds=-61), allowed)
    assert finding.blocks
    assert "differ by -61 seconds, more than the 60 allowed" in finding.sentence


def test_terms_for_a_service_that_is_not_there_are_told() -> None:
    profile = example("spid-public")
    assert list(readiness.services(profile, {"archive"})) == []
    assert [finding for finding in readiness.services(profile, {"archives"})] == [
        Finding(True, 'Terms are stated for a service "archive", which the catalogue does not have.')
    ]
