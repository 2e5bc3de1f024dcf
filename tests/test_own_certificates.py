"""The job that tells of our own certificates before they end, by alarms that are over once the keys were changed."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from servicedesk.jobs import run_job
from servicedesk.rules.sentences import Sentence
from servicedesk.settings import SamlProfile, Settings
from servicedesk.store.models.records import Alarm
from servicedesk.turns import JobContext
from tests.federation_desk import UNIVERSITY
from tests.job_desk import settings_for, working
from tests.saml.forge import new_pair

NOW = datetime.now(UTC)


def pair_for(folder: Path, days: int) -> str:
    """Return the lines that name a new pair of files, valid for so many days."""
    folder.mkdir()
    new_pair(folder, "-days", str(days))
    return f'[[keys]]\nkey = "{folder}/new.key"\ncertificate = "{folder}/new.crt"\n'


@pytest.fixture
def ending(tmp_path: Path) -> str:
    return pair_for(tmp_path / "ending", 59)


@pytest.fixture
def lasting(tmp_path: Path) -> str:
    return pair_for(tmp_path / "lasting", 900)


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> Settings:
    settings = settings_for(database_url, tmp_path)
    profile = SamlProfile(file=tmp_path / "profile.toml", sources=settings.saml.profiles[0].sources)
    return settings.model_copy(update={"saml": settings.saml.model_copy(update={"profiles": (profile,)})})


@pytest.fixture
def context(settings: Settings) -> Iterator[JobContext]:
    with working(settings) as context:
        yield context


def with_keys(context: JobContext, *pairs: str) -> None:
    """Write the university's profile with these pairs in place of its own."""
    before, _, after = UNIVERSITY.read_text().partition("[[keys]]")
    rest = after[after.index("\n[") :]
    context.settings.saml.profiles[0].file.write_text(before + "".join(pairs) + rest)


def alarms(context: JobContext) -> list[str]:
    """Return the sentences of the open alarms."""
    with context.sessions() as session:
        found = session.scalars(sa.select(Alarm.sentence).where(Alarm.cleared_at.is_(None)))
        return [str(Sentence.from_json(each)) for each in found]


def test_a_certificate_that_ends_soon_raises_one_alarm_until_the_keys_were_changed(
    context: JobContext, ending: str, lasting: str
) -> None:
    with_keys(context, ending)
    assert run_job(context, "watch_keys", NOW) == "1 of 1 profiles needs new keys"
    run_job(context, "watch_keys", NOW + timedelta(days=1))
    (told,) = alarms(context)
    assert told.startswith(f"Our own certificate of university ends on {NOW + timedelta(days=59):%Y-%m-%d}.")
    with_keys(context, ending, lasting)
    assert run_job(context, "watch_keys", NOW) == "1 of 1 profiles needs new keys", "the old pair still signs"
    with_keys(context, lasting, ending)
    later = datetime.now(UTC) + timedelta(seconds=1)
    assert run_job(context, "watch_keys", later) == "0 of 1 profiles need new keys"
    assert alarms(context) == []


def test_a_certificate_that_lasts_raises_none_until_sixty_days_before(context: JobContext, lasting: str) -> None:
    with_keys(context, lasting)
    assert run_job(context, "watch_keys", NOW + timedelta(days=839)) == "0 of 1 profiles need new keys"
    assert run_job(context, "watch_keys", NOW + timedelta(days=841)) == "1 of 1 profiles needs new keys"


def test_the_certificate_for_encryption_is_watched_too(context: JobContext, ending: str, lasting: str) -> None:
    with_keys(context, lasting, ending + 'use = ["encryption"]\n')
    assert run_job(context, "watch_keys", NOW) == "1 of 1 profiles needs new keys"
