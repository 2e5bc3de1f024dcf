"""Reading federation profiles: presets, what an installation adds, and what is told when it is wrong."""

import shutil
import subprocess
from pathlib import Path

import pytest

from saml.errors import ConfigurationError
from saml.names import HTTP_POST, HTTP_REDIRECT
from saml.profile import FEDERATIONS, Profile, Terms, load_profile, preset
from saml.signing import is_demo_certificate
from tests.saml.examples import CONFIG, EXAMPLES, SITE, example, key_pair
from tests.saml.forge import new_pair

SPID_LEVELS = tuple(f"https://www.spid.gov.it/SpidL{level}" for level in (1, 2, 3))


def changed(folder: Path, *changes: tuple[str, str], name: str = "university.toml") -> Path:
    """Return the path of a shipped profile with texts replaced, beside the demo's keys."""
    shutil.copytree(CONFIG / "demo", folder / "demo", dirs_exist_ok=True)
    text = (CONFIG / name).read_text()
    for before, after in changes:
        assert before in text
        text = text.replace(before, after)
    path = folder / "changed.toml"
    path.write_text(text)
    return path


def errors_of(path: Path, base_url: str = SITE) -> list[str]:
    """Return the errors of a profile file."""
    with pytest.raises(ConfigurationError) as caught:
        load_profile(path, base_url)
    return [error.removeprefix(f"{path}: ") for error in caught.value.errors]


def test_the_default_profile_is_at_the_bare_addresses_and_at_its_own() -> None:
    profile = example("idem", is_default=True)
    assert profile.entity_id == profile.metadata_url == f"{SITE}/saml/metadata"
    assert profile.acs_urls == (f"{SITE}/saml/acs", f"{SITE}/saml/university/acs")
    assert (profile.acs_url, profile.slo_url) == (f"{SITE}/saml/acs", f"{SITE}/saml/slo")


def test_every_other_profile_is_at_its_own_addresses_alone() -> None:
    profile = example("spid-public")
    assert profile.entity_id == profile.metadata_url == f"{SITE}/saml/spid/metadata"
    assert profile.acs_urls == (f"{SITE}/saml/spid/acs",)
    assert profile.slo_urls == (f"{SITE}/saml/spid/slo",)


def test_a_desk_that_moves_has_its_old_and_its_new_address(tmp_path: Path) -> None:
    sites = f'sites = ["https://old.example.org", "{SITE}/"]'
    path = changed(tmp_path, ('name = "university"', f'name = "university"\n{sites}'))
    profile = load_profile(path, SITE, is_default=False)
    assert profile.acs_urls == ("https://old.example.org/saml/university/acs", f"{SITE}/saml/university/acs")
    assert (profile.acs_index, profile.acs_url, profile.slo_url, profile.metadata_url) == (
        1,
        f"{SITE}/saml/university/acs",
        f"{SITE}/saml/university/slo",
        f"{SITE}/saml/university/metadata",
    )


def test_the_address_in_use_is_one_of_the_sites_and_each_is_a_web_address(tmp_path: Path) -> None:
    alien = changed(tmp_path, ('name = "university"', 'name = "university"\nsites = ["https://old.example.org"]'))
    assert errors_of(alien) == [f"sites: {SITE} is not among them"]
    odd = changed(tmp_path, ('name = "university"', f'name = "university"\nsites = ["{SITE}", "old.example.org"]'))
    assert errors_of(odd) == ["sites: 'old.example.org' is not a web address, or occurs twice"]


def test_a_stroke_at_the_end_of_the_site_address_makes_no_difference() -> None:
    at = CONFIG / "idem.example.toml"
    assert load_profile(at, f"{SITE}/", with_keys=False) == load_profile(at, SITE, with_keys=False)


def test_the_private_key_does_not_show_in_a_log() -> None:
    assert "PRIVATE KEY" not in repr(example("idem"))


@pytest.mark.parametrize("federation", FEDERATIONS)
def test_every_federation_has_a_preset_that_says_what_it_demands(federation: str) -> None:
    found = preset(federation)
    assert found["signature_algorithms"]
    assert not any("sha1" in each for each in (*found["signature_algorithms"], *found["digest_algorithms"]))
    assert "extends" not in found


@pytest.mark.parametrize(
    ("name", "tab", "levels", "keeps_log", "accepts_encrypted", "issuer_format_needed"),
    [
        ("spid-public", "spid", SPID_LEVELS, True, False, True),
        ("spid-private", "spid", SPID_LEVELS, True, False, True),
        ("cie", "cie", SPID_LEVELS, True, False, False),
        ("eidas", "eidas", SPID_LEVELS, True, False, True),
        ("idem", "university", (), False, True, False),
    ],
)
def test_an_example_takes_over_what_its_federation_demands(
    name: str, tab: str, levels: tuple[str, ...], keeps_log: bool, accepts_encrypted: bool, issuer_format_needed: bool
) -> None:
    profile = example(name)
    assert (profile.tab, profile.levels, profile.keeps_log) == (tab, levels, keeps_log)
    assert (profile.accepts_encrypted, profile.issuer_format_needed) == (accepts_encrypted, issuer_format_needed)
    strict = bool(levels)
    rules = (profile.acs_by_index, profile.answers_after_request, profile.name_qualifier_needed)
    assert (*rules, profile.name_id_transient_only, profile.attributes_needed) == (strict,) * 5
    assert profile.assertions_signed and not profile.responses_signed


@pytest.mark.parametrize("name", EXAMPLES)
def test_every_attribute_asked_for_is_read_or_known_to_say_who_the_person_is(name: str) -> None:
    profile = example(name)
    read = {each for names in profile.mapping.values() for each in names}
    for wanted in profile.attribute_sets:
        assert {attribute.name for attribute in wanted.attributes} & read
    assert set(profile.prefixes) | profile.scoped <= set(profile.mapping)


def test_the_demo_university_asks_for_every_attribute_it_reads_but_the_date_of_birth() -> None:
    profile: Profile = load_profile(CONFIG / "university.toml", SITE)
    read = {name for names in profile.mapping.values() for name in names}
    asked = {attribute.name for attribute in profile.attribute_sets[0].attributes}
    assert read - asked == set(profile.mapping["birth_date"])


def test_terms_of_a_service_state_only_what_differs(tmp_path: Path) -> None:
    services = """
[services.exams]
level = 3
[services.children]
level = 1
maximum_age = 17
purpose = "PF"
"""
    path = tmp_path / "spid.toml"
    text = (CONFIG / "spid-public.example.toml").read_text().replace("[services.archive]\nlevel = 1\n", services)
    path.write_text(text)
    profile = load_profile(path, SITE, with_keys=False)
    assert profile.terms_for("exams") == Terms(level=3, attribute_set=0, force=True)
    assert profile.terms_for("children") == Terms(level=1, attribute_set=0, purpose="PF", maximum_age=17)
    assert profile.terms_for("others") == profile.terms_for(None) == Terms(level=2, attribute_set=0, force=True)


def test_the_eidas_sets_come_with_their_federation() -> None:
    profile = example("eidas")
    assert [each.index for each in profile.attribute_sets] == [99, 100]
    assert profile.default_terms == Terms(level=2, attribute_set=99, force=True)
    full = profile.attribute_set(100)
    assert full
    assert "placeOfBirth" in {attribute.name for attribute in full.attributes}
    assert profile.attribute_set(1) is None


def test_an_installation_adds_to_the_mapping_of_its_federation() -> None:
    profile = example("idem")
    assert profile.prefixes["student_number"] == ("urn:schac:personalUniqueCode:int:studentID:unidemo.example:",)
    assert profile.prefixes["fiscal_code"] == ("urn:schac:personalUniqueID:IT:CF:",)


def test_the_binding_of_requests_is_the_installations_choice(tmp_path: Path) -> None:
    assert load_profile(changed(tmp_path), SITE).request_binding == HTTP_REDIRECT
    posting = changed(tmp_path, ('federation = "idem"', 'federation = "idem"\nrequest_binding = "post"'))
    assert load_profile(posting, SITE).request_binding == HTTP_POST


def test_a_university_may_sign_answers_only_as_a_whole(tmp_path: Path) -> None:
    path = changed(tmp_path, ('federation = "idem"', 'federation = "idem"\nassertions_signed = false'))
    assert not load_profile(path, SITE).assertions_signed


def test_the_first_signing_pair_signs_and_all_are_kept(tmp_path: Path) -> None:
    second = '[[keys]]\nkey = "demo/idp-demo.key"\ncertificate = "demo/idp-demo.crt"\n\n[[attribute_sets]]'
    profile = load_profile(changed(tmp_path, ("[[attribute_sets]]", second)), SITE)
    assert profile.key_pem == (CONFIG / "demo" / "sp-demo.key").read_text()
    assert profile.keys[1].certificate_pem == (CONFIG / "demo" / "idp-demo.crt").read_text()


def test_a_pair_for_encryption_alone_never_signs(tmp_path: Path) -> None:
    first = '[[keys]]\nkey = "demo/idp-demo.key"\ncertificate = "demo/idp-demo.crt"\nuse = ["encryption"]\n\n[[keys]]'
    profile = load_profile(changed(tmp_path, ("[[keys]]", first)), SITE)
    assert [(pair.signing, pair.encryption) for pair in profile.keys] == [(False, True), (True, False)]
    assert profile.certificate_pem == (CONFIG / "demo" / "sp-demo.crt").read_text()


def test_every_error_is_told_at_once_with_its_key(tmp_path: Path) -> None:
    path = changed(
        tmp_path,
        ('name = "university"', 'name = "acs"\nassertions_signed = "yes"\nclock_skew_seconds = 3600'),
        ('it = "https://www.unidemo.example/"\n', ""),
        ('type = "technical"', 'type = "boss"'),
        ("index = 0", "index = -1"),
        ('"mail"]', '"mail", "shoeSize"]'),
        ("demo/sp-demo.crt", "demo/idp-demo.crt"),
    )
    keys = {error.partition(": ")[0] for error in errors_of(path)}
    assert keys == {
        "name",
        "assertions_signed",
        "clock_skew_seconds",
        "organisation.url.it",
        "contacts[1].type",
        "attribute_sets[1].index",
        "attribute_sets[1].attributes",
        "keys[1].key, certificate",
    }


def test_an_attribute_that_the_federation_does_not_know_is_told_with_those_it_knows(tmp_path: Path) -> None:
    path = changed(tmp_path, ('"mail"]', '"male"]'))
    (error,) = errors_of(path)
    assert "'male' is not known" in error
    assert "eduPersonPrincipalName" in error


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("level = 2", "level = 4", "terms.level: a whole number from 0 to 3"),
        ("level = 2\nattribute_set = 0", "attribute_set = 7", "terms.attribute_set: no attribute set has this index"),
        ("level = 1", 'purpose = "X"', "services.archive.purpose: one of 'P', 'LP'"),
        ("level = 1", "levle = 1", "services.archive.levle: nothing reads this"),
        ("index = 99", "index = 0", "attribute_sets: an index occurs twice"),
        ('federation = "spid-public"', 'federation = "spid"', "federation: one of 'spid-public'"),
        ('name = "spid"', 'nome = "spid"', "nome: nothing reads this"),
        ('name = "spid"', 'name = "Spid/1"', "name: small letters"),
        ('name = "spid"', 'name = "spid"\nresponses_signed = false', "responses_signed: nothing reads this"),
        ('name = "spid"', 'name = "spid"\nassertions_signed = false', "assertions_signed: nothing reads this"),
        ('name = "spid"', 'name = "spid"\nlevels = []', "levels: nothing reads this"),
        ('ipa_code = "uniesempio"', 'ipacode = "x"', "contacts[1].ipacode: nothing reads this"),
    ],
)
def test_what_is_wrong_in_a_profile_is_told_with_its_place(
    tmp_path: Path, before: str, after: str, expected: str
) -> None:
    path = changed(tmp_path, (before, after), name="spid-public.example.toml")
    assert any(error.startswith(expected) for error in errors_of(path)), errors_of(path)


def test_nothing_is_encrypted_for_keys_where_the_federation_encrypts_nothing(tmp_path: Path) -> None:
    using = 'certificate = "demo/sp-demo.crt"\nuse = ["signing", "encryption"]'
    path = changed(tmp_path, ('certificate = "demo/sp-demo.crt"', using), name="spid.toml")
    (error,) = errors_of(path)
    assert error == "keys[1].use: 'encryption' is not used in this federation; choose from signing"


def test_a_missing_key_file_is_an_error(tmp_path: Path) -> None:
    assert "cannot be read" in errors_of(changed(tmp_path, ("demo/sp-demo.key", "demo/none.key")))[0]


def test_a_certificate_of_another_key_is_an_error(tmp_path: Path) -> None:
    errors = errors_of(changed(tmp_path, ("demo/sp-demo.crt", "demo/idp-demo.crt")))
    assert errors == ["keys[1].key, certificate: the certificate does not belong to the key"]


@pytest.mark.parametrize(
    ("algorithm", "expected"),
    [(["rsa:1024"], "has 1024 bits, at least 2048"), (["ec", "-pkeyopt", "ec_paramgen_curve:P-256"], "not an RSA key")],
)
def test_a_key_that_is_too_short_or_of_another_kind_is_an_error(
    tmp_path: Path, algorithm: list[str], expected: str
) -> None:
    path = changed(tmp_path, ("demo/sp-demo", "demo/weak"))
    files = ["-keyout", tmp_path / "demo/weak.key", "-out", tmp_path / "demo/weak.crt"]
    command = ["openssl", "req", "-x509", "-newkey", *algorithm, "-nodes", "-days", "2", "-subj", "/CN=weak", *files]
    subprocess.run(command, check=True, capture_output=True)
    (error,) = errors_of(path)
    assert expected in error


def test_a_profile_without_a_signing_pair_is_an_error(tmp_path: Path) -> None:
    path = changed(tmp_path, ('crt"', 'crt"\nuse = ["encryption"]'))
    assert errors_of(path) == ["keys: a key pair for signing is needed"]


def test_a_base_address_that_is_none_is_an_error(tmp_path: Path) -> None:
    assert errors_of(changed(tmp_path), "desk.example") == ["base_url: 'desk.example' is not a web address"]


@pytest.mark.parametrize("content", [b"name = ", b"\xff\xfe", None])
def test_a_file_that_cannot_be_read_is_an_error(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "broken.toml"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ConfigurationError, match="cannot be read"):
        load_profile(path, SITE)


@pytest.mark.parametrize("name", ["sp-demo.crt", "idp-demo.crt"])
def test_demo_certificates_are_recognised(name: str) -> None:
    assert is_demo_certificate((CONFIG / "demo" / name).read_text())


def test_other_certificates_are_not_taken_for_those_of_the_demo(tmp_path: Path) -> None:
    assert not is_demo_certificate(new_pair(tmp_path).certificate_pem)
    assert not is_demo_certificate(key_pair("spid-public").certificate_pem)
