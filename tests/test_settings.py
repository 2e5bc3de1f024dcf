"""Settings: read in order, wrong values named, the example for production complete."""

from pathlib import Path

import pytest

from servicedesk.settings import ROOT, SettingsError, load

EXAMPLE = ROOT / "config" / "production.example.toml"
SECRETS = {"SERVICEDESK_SECRET_KEY": "s" * 40, "SERVICEDESK_IDENTITY_KEY": "i" * 40}


def test_the_example_for_production_is_complete() -> None:
    settings = load(EXAMPLE, {})
    assert settings.mode == "production"
    assert settings.secure_cookies
    assert settings.database.url.startswith("postgresql://")


def test_the_environment_wins_over_the_file() -> None:
    settings = load(EXAMPLE, {**SECRETS, "SERVICEDESK_SITE__NAME": "Another desk", "SERVICEDESK_MAIL__PORT": "2525"})
    assert (settings.site.name, settings.mail.port) == ("Another desk", 2525)
    assert settings.secret_key == "s" * 40


def test_without_a_file_of_its_own_the_start_names_all_that_is_missing() -> None:
    with pytest.raises(SettingsError) as refused:
        load(None, {})
    for name in ("secret_key", "identity_key", "database", "mail", "saml", "site.owner", "site.base_url"):
        assert f"  {name}: " in str(refused.value)


@pytest.mark.parametrize(
    ("name", "value", "place"),
    [
        ("SERVICEDESK_SITE__BASE_URL", "servicedesk.example.it", "site.base_url"),
        ("SERVICEDESK_SITE__ZONE", "Europe/Roma", "site.zone"),
        ("SERVICEDESK_MAIL__PORT", "smtp", "mail.port"),
        ("SERVICEDESK_MODE", "staging", "mode"),
        ("SERVICEDESK_SECRET_KEY", "short", "secret_key"),
        ("SERVICEDESK_SITE__NICKNAME", "x", "site.nickname"),
    ],
)
def test_a_wrong_value_is_named_with_its_place(name: str, value: str, place: str) -> None:
    with pytest.raises(SettingsError, match=f"  {place}: "):
        load(EXAMPLE, {name: value})


def test_production_refuses_plain_http_and_the_demos_keys() -> None:
    with pytest.raises(SettingsError, match="https://"):
        load(EXAMPLE, {"SERVICEDESK_SITE__BASE_URL": "http://servicedesk.example.it"})
    with pytest.raises(SettingsError, match="those of the demo"):
        load(
            ROOT / "config" / "demo.toml",
            {"SERVICEDESK_MODE": "production", "SERVICEDESK_SITE__BASE_URL": "https://x.it"},
        )


def test_a_missing_or_broken_file_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="no such settings file"):
        load(tmp_path / "none.toml", {})
    broken = tmp_path / "broken.toml"
    broken.write_text("mode = ", encoding="utf-8")
    with pytest.raises(SettingsError, match="not valid TOML"):
        load(broken, {})


def test_relative_paths_count_from_the_project(tmp_path: Path) -> None:
    settings = load(ROOT / "config" / "test.toml", {})
    assert settings.catalogue == ROOT / "categories.yaml"
    assert settings.database.url == f"sqlite:///{ROOT}/instance/test/desk.sqlite3"
