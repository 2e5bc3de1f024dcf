"""Posts bytes to an address that was checked before: no redirects, a limit in time, and what became of it."""

import http.client
import ssl
from collections.abc import Mapping
from urllib.error import HTTPError, URLError
from urllib.request import (
    HTTPDefaultErrorHandler,
    HTTPErrorProcessor,
    HTTPHandler,
    HTTPSHandler,
    OpenerDirector,
    ProxyHandler,
    Request,
    getproxies,
)

from servicedesk.rules.errors import DeskError
from servicedesk.rules.sentences import N_


class NotReached(DeskError):
    """The other side could not be reached, or fell silent."""


def post(url: str, content: bytes, headers: Mapping[str, str], timeout: float) -> tuple[int, str]:
    """Return status and reason of the answer, whatever they are; a redirect is an answer. Raises NotReached."""
    opener = OpenerDirector()
    for handler in (
        ProxyHandler({scheme: proxy for scheme, proxy in getproxies().items() if scheme == "https"}),
        HTTPHandler(),
        HTTPSHandler(context=ssl.create_default_context()),
        HTTPDefaultErrorHandler(),
        HTTPErrorProcessor(),
    ):
        opener.add_handler(handler)
    request = Request(url, content, {"User-Agent": "servicedesk", **headers}, method="POST")  # noqa: S310 - checked
    try:
        with opener.open(request, timeout=timeout) as answer:
            return int(answer.status), str(answer.reason)
    except HTTPError as error:
        with error:  # it holds the connection
            return error.code, str(error.reason)
    except (OSError, http.client.HTTPException) as error:
        reason = error.reason if isinstance(error, URLError) else error
        raise NotReached(N_("No answer: %(reason)s."), reason=str(reason) or type(error).__name__) from error
