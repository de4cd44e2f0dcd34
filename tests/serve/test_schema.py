"""Test the description of the API, and send what fits it and what does not: nothing is a fault."""

from typing import Any

import pytest

from gfrnet.serve.safety import API
from served import Served

schemathesis = pytest.importorskip("schemathesis")


@pytest.fixture(scope="module")
def described(server: Served) -> dict:
    return server.get(f"{API}/openapi.json").json()


def test_every_route_is_described(described: dict) -> None:
    for path, methods in described["paths"].items():
        for method, about in methods.items():
            assert about.get("description"), (method, path)
            assert about.get("tags"), (method, path)
    assert "/api/v1/about" in described["paths"]
    assert "Problem" in described["components"]["schemas"]
    assert described["components"]["schemas"]["RestoreOrder"]["examples"]


def test_every_operation_has_a_summary_an_example_and_its_errors(described: dict) -> None:
    jsonschema = pytest.importorskip("jsonschema")
    summaries = []
    for path, methods in described["paths"].items():
        for method, about in methods.items():
            summaries.append(about["summary"])
            assert about["summary"][0].isupper(), (method, path)
            assert " " in about["summary"], (method, path)
            errors = {status for status in about["responses"] if status >= "400"}
            assert {"401", "403", "421", "422"} <= errors, (method, path)
            body = about.get("requestBody", {})
            for part in (body, *about["responses"].values()):
                for kind, media in part.get("content", {}).items():
                    if kind.startswith("image/") or kind in ("application/octet-stream", "application/zip"):
                        continue
                    if kind == "text/plain":
                        continue
                    assert media["example"], (method, path, kind)
                    if kind in ("application/json", "application/problem+json"):
                        whole = media["schema"] | {"components": described["components"]}
                        jsonschema.validate(media["example"], whole)
    assert "" not in summaries


def test_no_route_has_a_fault(server: Served, described: dict) -> None:
    from hypothesis import HealthCheck, Phase, given, settings

    schema = schemathesis.openapi.from_dict(described)
    statuses = set()
    for found in schema.get_all_operations():
        operation = found.ok()
        if operation.path.endswith("/events"):
            continue

        @settings(
            max_examples=6, deadline=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck)
        )
        @given(case=operation.as_strategy())
        def check(case: Any) -> None:
            answer = case.call(base_url=str(server.client.base_url), timeout=30)
            assert answer.status_code < 500 or answer.status_code in (503, 507), (
                case.method,
                case.path,
                answer.text,
            )
            statuses.add(answer.status_code)

        check()
    assert {200, 404, 422} <= statuses
