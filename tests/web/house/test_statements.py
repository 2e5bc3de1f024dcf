"""What the house declares: accessibility, privacy and cookies, said from the settings and true of the code."""

import re
from datetime import date
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from servicedesk.settings import ROOT, Settings, SettingsError, load
from servicedesk.settings_house import UNFINISHED, Accessibility, Gap, Statements
from tests.web.account.tools import PASSWORD, SIGN_IN, account
from tests.web.conftest import browser, page, send

EXAMPLE = ROOT / "config" / "production.example.toml"


def declaring(settings: Settings, **values: Any) -> Settings:
    said = Accessibility.model_validate({"email": "access@unidemo.example", **values})
    return settings.model_copy(update={"statements": Statements(accessibility=said)})


@pytest.fixture
def settings(settings: Settings) -> Settings:
    gap = Gap(reason="burden", it="Le mappe: usa gli indirizzi.", en="The maps: use the addresses.")
    return declaring(settings, gaps=[gap], prepared_on=date(2026, 2, 2), registered_url="https://form.agid.gov.it/1")


def words_of(client: FlaskClient, path: str) -> str:
    return " ".join(page(client, path).xpath("//main")[0].text_content().split())


def test_the_statement_says_state_gaps_date_method_and_where_to_complain(client: FlaskClient) -> None:
    said = words_of(client, "/accessibility")
    for words in (
        "partially conformant",
        "Disproportionate burden The maps: use the addresses.",
        "prepared on 2 February 2026",
        "self-assessment",
        "access@unidemo.example",
        "Difensore civico per il digitale",
    ):
        assert words in said, words
    assert "Outside the scope of the law" not in said
    links = page(client, "/accessibility").xpath("//main//a/@href")
    assert {"https://form.agid.gov.it/1", "mailto:access@unidemo.example"} <= set(links)


def test_both_languages_say_what_the_settings_say(app: Flask) -> None:
    assert "Le mappe: usa gli indirizzi." in words_of(browser(app, "it"), "/accessibility")


def test_the_privacy_page_gives_the_terms_of_the_settings(client: FlaskClient, settings: Settings) -> None:
    said = words_of(client, "/privacy")
    assert f"{settings.records.months} months." in said
    assert f"{settings.privacy.reading_log_months} months." in said
    assert f"At most {settings.sessions.hours} hours." in said
    assert "90 days." in said
    assert f"Until you send or delete it, at most {settings.storage.draft_days} days." in said


def test_the_browser_keeps_unsent_requests_no_longer_than_the_page_says(client: FlaskClient) -> None:
    script = (ROOT / "servicedesk" / "static" / "js" / "local.js").read_text(encoding="utf-8")
    assert "LIFE = 7 * 24 * 3600 * 1000" in script
    assert "Until you send or clear it, at most 7 days." in words_of(client, "/privacy")


def test_every_page_leads_to_both_and_to_the_guide(client: FlaskClient) -> None:
    links = set(page(client, "/login").xpath("//footer//a/@href"))
    assert {"/accessibility", "/privacy", "/help"} <= links
    for path in page(client, "/help").xpath("//main//a[starts-with(@href, '/')]/@href"):
        assert client.get(path).status_code in {200, 303}, path


def test_the_list_of_cookies_is_complete(app: Flask, client: FlaskClient, desk: Session) -> None:
    listed = set(page(client, "/privacy").xpath("//code/text()"))
    account(desk)
    visitor = app.test_client()
    answers = [visitor.get("/language/en"), send(visitor, SIGN_IN, email="rita@example.org", password=PASSWORD)]
    provider = page(visitor := browser(app), "/login").xpath("//a[contains(@href, '/saml/login')]/@href")[0]
    answers.append(visitor.get(provider))
    met = {header.partition("=")[0] for answer in answers for header in answer.headers.getlist("Set-Cookie")}
    assert met <= listed
    assert len(met) >= 3
    # Every place in the code that sets a cookie: the browser above need not meet each of them.
    sources = [file.read_text(encoding="utf-8") for file in (ROOT / "servicedesk" / "web").rglob("*.py")]
    named = {name for text in sources for name in re.findall(r'\.set_cookie\(\s*([\w.\[\]"]+)', text)}
    assert named == {"COOKIE", 'current_app.config["SIGN_IN"].cookie'}
    constants = {name for text in sources for name in re.findall(r'^COOKIE = "(\w+)"', text, re.MULTILINE)}
    assert listed == constants | {"servicedesk_session", "servicedesk_session_form"}


def test_production_refuses_statements_that_are_not_completed() -> None:
    with pytest.raises(SettingsError, match=r"statements\.privacy\.officer"):
        load(EXAMPLE, {"SERVICEDESK_STATEMENTS__PRIVACY__OFFICER": UNFINISHED})
    assert load(ROOT / "config" / "test.toml", {}).statements.privacy.officer == UNFINISHED


@pytest.mark.parametrize(("status", "is_finished"), [("full", True), ("partial", False), ("none", False)])
def test_whoever_is_not_fully_conformant_says_why(status: str, is_finished: bool) -> None:
    said = Statements(accessibility=Accessibility.model_validate({"status": status, "email": "a@example.it"}))
    assert ("statements.accessibility.gaps" not in said.unfinished()) == is_finished
