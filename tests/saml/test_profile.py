"""Reading federation profiles and what the demo's one says."""

import shutil
from pathlib import Path

import pytest

from saml.errors import ConfigurationError
from saml.profile import Profile, load_profile
from saml.signing import is_demo_certificate
from tests.saml.desk import BASE, CONFIG
from tests.saml.forge import new_pair


def errors_of(folder: Path, *changes: tuple[str, str], base_url: str = BASE) -> list[str]:
    """Return the errors of the demo profile after replacing texts in its file."""
    shutil.copytree(CONFIG / "demo", folder / "demo", dirs_exist_ok=True)
    text = (CONFIG / "university.toml").read_text()
    for before, after in changes:
        assert before in text
        text = text.replace(before, after)
    (folder / "changed.toml").write_text(text)
    with pytest.raises(ConfigurationError) as caught:
        load_profile(folder / "changed.toml", base_url)
    return [error.removeprefix(f"{folder / 'changed.toml'}: ") for error in caught.value.errors]


def test_addresses_derive_from_the_base_address() -> None:
    profile = load_profile(CONFIG / "university.toml", "https://desk.example/")
    assert profile.entity_id == profile.metadata_url == "https://desk.example/saml/metadata"
    assert (profile.acs_url, profile.slo_url) == ("https://desk.example/saml/acs", "https://desk.example/saml/slo")


def test_the_private_key_does_not_show_in_a_log() -> None:
    assert "PRIVATE KEY" not in repr(load_profile(CONFIG / "university.toml", BASE))


def test_every_error_is_told_at_once_with_its_key(tmp_path: Path) -> None:
    errors = errors_of(
        tmp_path,
        ('name = "university"', 'name = ""'),
        ("clock_skew_seconds = 60", "clock_skew_seconds = 3600"),
        ("assertions_signed = true", 'assertions_signed = "yes"'),
        ('comparison = "exact"', 'comparison = "about"'),
        ('http://www.w3.org/2001/04/xmlenc#sha256"', 'http://www.w3.org/2000/09/xmldsig#sha1"'),
        ('friendly_name = "mail"\n', ""),
    )
    keys = [error.partition(":")[0] for error in errors]
    assert keys == [
        "name",
        "authn_context.comparison",
        "requested_attributes[5].friendly_name",
        "clock_skew_seconds",
        "digest_algorithms",
        "assertions_signed",
    ]


def test_a_missing_key_file_is_an_error(tmp_path: Path) -> None:
    assert "cannot be read" in errors_of(tmp_path, ("demo/sp-demo.key", "demo/none.key"))[0]


def test_a_certificate_of_another_key_is_an_error(tmp_path: Path) -> None:
    errors = errors_of(tmp_path, ("demo/sp-demo.crt", "demo/idp-demo.crt"))
    assert errors == ["key, certificate: the certificate does not belong to the key"]


def test_a_base_address_that_is_none_is_an_error(tmp_path: Path) -> None:
    assert errors_of(tmp_path, base_url="desk.example") == ["base_url: 'desk.example' is not a web address"]


@pytest.mark.parametrize("content", [b"name = ", b"\xff\xfe", None])
def test_a_file_that_cannot_be_read_is_an_error(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "broken.toml"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ConfigurationError, match="cannot be read"):
        load_profile(path, BASE)


@pytest.mark.parametrize("name", ["sp-demo.crt", "idp-demo.crt"])
def test_demo_certificates_are_recognised(name: str) -> None:
    assert is_demo_certificate((CONFIG / "demo" / name).read_text())


def test_other_certificates_are_not_taken_for_those_of_the_demo(tmp_path: Path) -> None:
    assert not is_demo_certificate(new_pair(tmp_path).certificate_pem)


def test_every_mapped_attribute_is_asked_for_in_the_metadata() -> None:
    profile: Profile = load_profile(CONFIG / "university.toml", BASE)
    read = {name for names in profile.mapping.values() for name in names}
    assert read == {attribute.name for attribute in profile.requested}
    assert set(profile.prefixes) | profile.scoped <= set(profile.mapping)
