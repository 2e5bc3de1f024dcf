"""Small real identity providers for the demo and the tests: `python -m saml.devidp`; they refuse to start outside them.

They speak HTTP-Redirect and HTTP-POST, verify every message against the service's metadata and sign every answer, as a
university's provider does or as SPID and CIE demand. Whoever visits may be anybody they know, hence the refusal.
"""

import argparse
import os
import sys
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

import waitress
from werkzeug import Request, Response

from saml.devidp_answers import federation_metadata
from saml.devidp_config import DESK, IdpConfig, load_site
from saml.devidp_pages import site_page
from saml.devidp_provider import DemoProvider, language
from saml.errors import ConfigurationError

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

MODES: Final = ("demo", "test")
FEDERATION: Final = "/federation"
"""Where a host publishes, signed, the metadata of those of its providers that are in its federation."""


def system_clock() -> datetime:
    """Return the current instant."""
    return datetime.now(UTC)


def create_idp(config: IdpConfig, mode: str, clock: Callable[[], datetime] = system_clock) -> DemoProvider:
    """Return the provider as a WSGI application; ValueError unless `mode` is demo or test."""
    if mode not in MODES:
        raise ValueError("The demo identity provider starts only where SERVICEDESK_MODE is demo or test.")
    return DemoProvider(config, clock)


def create_site(configs: Iterable[IdpConfig], mode: str, clock: Callable[[], datetime] = system_clock) -> "Site":
    """Return several providers of one host as a WSGI application; ValueError unless `mode` is demo or test."""
    return Site([create_idp(config, mode, clock) for config in configs])


class Site:
    """The WSGI application that hands each request to the provider whose path it begins with."""

    def __init__(self, providers: list[DemoProvider]) -> None:
        self.providers = providers

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        """Answer one HTTP request; the list of providers where none has that path."""
        path = environ.get("PATH_INFO", "/")
        for provider in self.providers:
            if f"{path}/".startswith(provider.place("/")):
                return provider(environ, start_response)
        return self.front(Request(environ))(environ, start_response)

    def front(self, request: Request) -> Response:
        """Return what belongs to no provider: what a federation publishes of them, or the list of all."""
        configs, first = [each.config for each in self.providers], self.providers[0]
        if request.path == FEDERATION:
            members = [each for each in configs if each.in_federation]
            content = federation_metadata(members, first.config, first.clock())
            return Response(content, mimetype="application/samlmetadata+xml")
        return first.show(site_page(configs, language(request)), status=200 if request.path == "/" else 404)


def main(arguments: list[str]) -> int:
    """Serve until interrupted; return the exit status, 2 with one sentence when it cannot start."""
    parser = argparse.ArgumentParser(prog="python -m saml.devidp", description="The demo identity providers.")
    parser.add_argument("--config", type=Path, required=True)
    parser.add_argument("--host", default="localhost")
    parser.add_argument("--port", type=int, default=8001)
    parser.add_argument("--desk", default=DESK, help="web address of the service, for its metadata")
    options = parser.parse_args(arguments)
    try:
        base_url = f"http://{options.host}:{options.port}"
        configs = load_site(options.config, base_url, options.desk)
        application = create_site(configs, os.environ.get("SERVICEDESK_MODE", ""))
        waitress.serve(application, host=options.host, port=options.port, ipv6=False, ident=None, _quiet=True)
    except (ConfigurationError, ValueError) as error:
        print(error, file=sys.stderr)
        return 2
    except OSError as error:
        print(f"The demo identity provider cannot listen on {options.host}:{options.port}: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
