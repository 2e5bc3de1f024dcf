"""Starts real processes of the desk for tests of crashes and of several at once."""

import os
import subprocess
import sys

from servicedesk.settings import ROOT, Settings


def environment(settings: Settings) -> dict[str, str]:
    """The environment from which a process reads these settings."""
    return {
        **os.environ,
        "SERVICEDESK_CONFIG": "config/test.toml",
        "SERVICEDESK_DATABASE__URL": settings.database.url,
        "SERVICEDESK_STORAGE__FOLDER": str(settings.storage.folder),
        "SERVICEDESK_MAIL__PORT": str(settings.mail.port),
        "SERVICEDESK_MAIL__TIMEOUT": str(settings.mail.timeout),
    }


def start(settings: Settings, *arguments: str) -> "subprocess.Popen[str]":
    """Start Python with these arguments in the project's folder."""
    return subprocess.Popen(
        [sys.executable, *arguments],
        cwd=ROOT,
        env=environment(settings),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def crash(settings: Settings, job: str, statement: str, times: int) -> None:
    """Run a job in a process that dies at the given statement; it must really have died there."""
    process = start(settings, "-m", "tests.faults.crashes", job, statement, str(times))
    output = process.communicate(timeout=120)
    assert process.returncode == 9, output
