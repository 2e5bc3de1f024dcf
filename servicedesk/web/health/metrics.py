"""`/metrics` for Prometheus, read from the database: every worker gives the same figures, and none keeps any."""

import hmac
from collections.abc import Iterator
from ipaddress import ip_address

from flask import current_app, request
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from werkzeug.wrappers import Response

from servicedesk.rules.outcomes import FAILED
from servicedesk.settings import Settings
from servicedesk.store.figures import Figures, figures
from servicedesk.web.access import public
from servicedesk.web.db import reading
from servicedesk.web.health.views import bp as bp


class DeskCollector(Collector):
    """The desk's figures in Prometheus' own shapes; labels hold names from the settings and metadata only."""

    def __init__(self, found: Figures) -> None:
        self.found = found

    def collect(self) -> Iterator[Metric]:
        """Yield one family after the other."""
        yield _family(
            CounterMetricFamily(
                "servicedesk_sign_ins",
                "Sign-ins through identity providers by how they ended.",
                labels=("profile", "provider", "code"),
            ),
            [((each.profile, each.provider, each.code), each.count) for each in self.found.sign_ins],
        )
        yield _family(
            GaugeMetricFamily("servicedesk_open_tickets", "Requests that are not closed, by state.", labels=("state",)),
            [((state,), count) for state, count in self.found.open_tickets],
        )
        yield _family(
            GaugeMetricFamily("servicedesk_mails", "Mails waiting to be sent, or given up.", labels=("state",)),
            [((state,), count) for state, count in self.found.mails],
        )
        yield GaugeMetricFamily("servicedesk_alarms_open", "Alarms that are not over.", value=self.found.alarms)
        yield from self._jobs()

    def _jobs(self) -> Iterator[Metric]:
        ended = [job for job in self.found.jobs if job.last_finished_at is not None]
        yield _family(
            GaugeMetricFamily(
                "servicedesk_job_last_end_timestamp_seconds", "When a job ended last, in Unix time.", labels=("job",)
            ),
            [((job.name,), job.last_finished_at.timestamp()) for job in ended if job.last_finished_at],
        )
        yield _family(
            GaugeMetricFamily("servicedesk_job_failed", "1 for a job whose last run failed.", labels=("job",)),
            [((job.name,), job.last_result.startswith(FAILED)) for job in ended],
        )


def _family(
    family: CounterMetricFamily | GaugeMetricFamily, rows: list[tuple[tuple[str, ...], float]]
) -> CounterMetricFamily | GaugeMetricFamily:
    for labels, value in rows:
        family.add_metric(labels, value)
    return family


@bp.get("/metrics")
@public
def metrics() -> Response:
    """Give the figures to monitoring: with the token of `web.metrics_token`, without one to this machine alone."""
    settings: Settings = current_app.extensions["desk_settings"]
    token = settings.web.metrics_token
    if not (_shows(token) if token else _is_this_machine()):
        headers = {"WWW-Authenticate": "Bearer"} if token else {}
        return Response("", 401 if token else 403, headers)
    registry = CollectorRegistry(auto_describe=False)
    registry.register(DeskCollector(figures(reading())))
    return Response(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)


def _shows(token: str) -> bool:
    shown = request.headers.get("Authorization", "")
    return hmac.compare_digest(shown.encode(), f"Bearer {token}".encode())


def _is_this_machine() -> bool:
    # Whoever comes through a proxy is named by it; a proxy that the settings do not know about must not open this.
    try:
        return ip_address(request.remote_addr or "").is_loopback and "X-Forwarded-For" not in request.headers
    except ValueError:
        return False
