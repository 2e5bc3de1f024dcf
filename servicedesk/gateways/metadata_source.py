"""Fetches what a federation publishes, over https or from a file, bounded in bytes and time."""

import http.client
import ssl
import time
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import (
    HTTPDefaultErrorHandler,
    HTTPErrorProcessor,
    HTTPHandler,
    HTTPRedirectHandler,
    HTTPSHandler,
    OpenerDirector,
    ProxyHandler,
    Request,
    getproxies,
)

from servicedesk.rules.errors import DeskError
from servicedesk.rules.sentences import N_
from servicedesk.settings import SettingsError, Source

LOOPBACK = "127.0.0.1"
STEP_SECONDS = 20
"""How long the other side may keep silent."""
WHOLE_SECONDS = 120
"""Less than the lease of a job lasts."""
PIECE = 1 << 20


class SourceFailed(DeskError):
    """What a source gives cannot be had, or cannot be used."""


@dataclass(frozen=True)
class Planned:
    """A source of a profile as the settings name it, with the certificates (PEM) of which one must have signed it."""

    profile: str
    source: Source
    trusted: str

    @property
    def place(self) -> str:
        """The address, or the file."""
        return self.source.url or str(self.source.path)

    @property
    def key(self) -> str:
        """Return the hash by which the source is known: another certificate makes it another source."""
        facts = (self.profile, self.place, self.source.format, self.trusted)
        return sha256(repr(facts).encode()).hexdigest()


def planned(profile: str, sources: Sequence[Source], *, may_be_plain: bool) -> tuple[Planned, ...]:
    """Return the sources of a profile with their certificates. Raises SettingsError naming every wrong one.

    `may_be_plain` allows addresses without https on this machine: for demo and tests.
    """
    found, wrong = [], []
    for source in sources:
        try:
            trusted = source.certificate.read_text(encoding="ascii") if source.certificate else ""
        except (OSError, UnicodeDecodeError) as error:
            wrong.append(f"{source.certificate}: cannot be read: {error}")
            continue
        if source.certificate and "BEGIN CERTIFICATE" not in trusted:
            wrong.append(f"{source.certificate}: holds no certificate in PEM form")
        if source.url and not _may_ask(source.url, may_be_plain):
            wrong.append(f"{source.url}: must be an https address")
        found.append(Planned(profile, source, trusted))
    if wrong:
        raise SettingsError("\n".join([f"The sources of the profile {profile!r} cannot be used:", *wrong]))
    return tuple(found)


def content_of(planned: Planned, *, limit: int, may_be_plain: bool) -> bytes:
    """Return what a source gives, at most `limit` bytes. Raises SourceFailed, saying why."""
    try:
        if planned.source.path is not None:
            with planned.source.path.open("rb") as file:
                content = file.read(limit + 1)
        else:
            content = _fetch(planned.source.url, limit, may_be_plain)
    except HTTPError as error:
        with error:  # it holds the connection
            raise _unread(f"{error.code} {error.reason}") from error
    except (OSError, http.client.HTTPException) as error:
        reason = error.reason if isinstance(error, URLError) else error
        raise _unread(str(reason) or type(error).__name__) from error
    if len(content) > limit:
        raise SourceFailed(
            N_("It is larger than %(limit)s megabytes, which no federation is."), limit=limit // 1_000_000
        )
    return content


def _fetch(url: str, limit: int, may_be_plain: bool) -> bytes:
    opener = OpenerDirector()
    for handler in (
        ProxyHandler({scheme: proxy for scheme, proxy in getproxies().items() if scheme == "https"}),
        HTTPHandler(),
        HTTPSHandler(context=ssl.create_default_context()),
        HTTPDefaultErrorHandler(),
        HTTPErrorProcessor(),
        _Redirects(may_be_plain),
    ):
        opener.add_handler(handler)
    end = time.monotonic() + WHOLE_SECONDS
    content = bytearray()
    with opener.open(Request(url, headers={"User-Agent": "servicedesk"}), timeout=STEP_SECONDS) as answer:  # noqa: S310 - checked
        while len(content) <= limit and (piece := answer.read1(PIECE)):
            content += piece
            if time.monotonic() > end:
                raise TimeoutError(f"not finished after {WHOLE_SECONDS} seconds")
        if len(content) <= limit and answer.length:
            raise ConnectionError("the connection ended before the whole was there")
    return bytes(content)


class _Redirects(HTTPRedirectHandler):
    """Follows a few redirects, to https addresses only."""

    max_redirections = 3

    def __init__(self, may_be_plain: bool) -> None:
        self.may_be_plain = may_be_plain

    def redirect_request(self, req: Request, fp: Any, code: int, msg: str, headers: Any, newurl: str) -> Request | None:
        if not _may_ask(newurl, self.may_be_plain):
            fp.close()
            raise URLError(f"redirects to {newurl[:200]}, which is no https address")
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _may_ask(url: str, may_be_plain: bool) -> bool:
    parts = urlsplit(url)
    return parts.scheme == "https" or (may_be_plain and parts.scheme == "http" and parts.hostname == LOOPBACK)


def _unread(reason: str) -> SourceFailed:
    return SourceFailed(N_("It could not be read: %(reason)s."), reason=reason.rstrip(".")[:300])
