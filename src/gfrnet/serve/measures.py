"""Count requests, jobs and bytes for Prometheus."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping

from prometheus_client import CollectorRegistry, Counter, Histogram
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from gfrnet.serve.safety import App, Message, Receive, Scope, Send

_METHODS = ("GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS")
_SECONDS = (0.01, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0)


class Measures(Collector):
    """Hold the figures of one server.

    Args:
        jobs: Returns the number of jobs in each state.
        stored: Returns the bytes of all files and results.
        deaths: Returns the number of workers that died.
    """

    def __init__(
        self, jobs: Callable[[], Mapping[str, int]], stored: Callable[[], int], deaths: Callable[[], int]
    ) -> None:
        self._jobs, self._stored, self._deaths = jobs, stored, deaths
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "gfrnet_requests",
            "Requests by route and status.",
            ("method", "route", "status"),
            registry=self.registry,
        )
        self.seconds = Histogram(
            "gfrnet_request_seconds",
            "Seconds until an answer begins, by route.",
            ("route",),
            buckets=_SECONDS,
            registry=self.registry,
        )
        self.registry.register(self)

    def collect(self) -> Iterable[Metric]:
        """Yield the figures that are looked up when they are asked for."""
        jobs = GaugeMetricFamily("gfrnet_jobs", "Jobs by state.", labels=["state"])
        for state, count in self._jobs().items():
            jobs.add_metric([state], count)
        yield jobs
        yield GaugeMetricFamily("gfrnet_stored_bytes", "Bytes of files and results.", value=self._stored())
        yield CounterMetricFamily("gfrnet_worker_deaths", "Workers that died.", value=self._deaths())


class Measuring:
    """Count requests, and the seconds until their answers begin.

    Args:
        app: What answers.
        measures: Where they are counted.
    """

    def __init__(self, app: App, measures: Measures) -> None:
        self._app, self._measures = app, measures

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Count a request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        start = time.perf_counter()

        async def send_counted(message: Message) -> None:
            if message["type"] == "http.response.start":
                # Paths and methods that clients make up would fill the memory.
                route = getattr(scope.get("route"), "path", "other")
                method = scope["method"] if scope["method"] in _METHODS else "other"
                self._measures.requests.labels(method, route, message["status"]).inc()
                self._measures.seconds.labels(route).observe(time.perf_counter() - start)
            await send(message)

        await self._app(scope, receive, send_counted)
