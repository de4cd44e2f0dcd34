"""Check the manifest of KubeRay by the facts of its published definition, and its command by the program.

The definition is ``ray-operator/config/crd/bases/ray.io_rayjobs.yaml`` of KubeRay, version ``v1``. Only the
fields in use are stated here; unknown fields are refused, as the strict mode of Kubernetes does.
"""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest
import yaml
from typer.main import get_command

from gfrnet.cli import app

jsonschema = pytest.importorskip("jsonschema")

MANIFEST = Path(__file__).parents[2] / "deploy" / "rayjob.yaml"


def exactly(required: tuple[str, ...] = (), **fields: object) -> dict[str, object]:
    return {
        "type": "object",
        "properties": fields,
        "required": list(required),
        "additionalProperties": False,
    }


TEXT, NUMBER = {"type": "string"}, {"type": "integer", "minimum": 0}
TEXTS = {"type": "object", "additionalProperties": TEXT}
RESOURCES = exactly(requests=TEXTS, limits=TEXTS)
CONTAINER = exactly(
    ("name",),
    name=TEXT,
    image=TEXT,
    env={"type": "array", "items": exactly(("name",), name=TEXT, value=TEXT)},
    envFrom={"type": "array", "items": exactly(secretRef=exactly(name=TEXT))},
    securityContext=exactly(
        allowPrivilegeEscalation={"type": "boolean"},
        capabilities=exactly(drop={"type": "array", "items": TEXT}),
    ),
    resources=RESOURCES,
)
TEMPLATE = exactly(spec=exactly(("containers",), containers={"type": "array", "items": CONTAINER}))
HEAD = exactly(("template",), rayStartParams=TEXTS, template=TEMPLATE)
WORKERS = exactly(
    ("groupName", "maxReplicas", "minReplicas", "template"),
    groupName=TEXT,
    replicas=NUMBER,
    minReplicas=NUMBER,
    maxReplicas=NUMBER,
    rayStartParams=TEXTS,
    template=TEMPLATE,
)
CLUSTER = exactly(
    ("headGroupSpec",),
    rayVersion=TEXT,
    headGroupSpec=HEAD,
    workerGroupSpecs={"type": "array", "items": WORKERS},
)
JOB = exactly(
    ("apiVersion", "kind", "metadata", "spec"),
    apiVersion={"const": "ray.io/v1"},
    kind={"const": "RayJob"},
    metadata=exactly(("name",), name=TEXT),
    spec=exactly(
        entrypoint=TEXT,
        shutdownAfterJobFinishes={"type": "boolean"},
        ttlSecondsAfterFinished=NUMBER,
        backoffLimit=NUMBER,
        rayClusterSpec=CLUSTER,
    ),
)


@pytest.fixture
def manifest() -> dict:
    found: dict = yaml.safe_load(MANIFEST.read_text(encoding="utf-8"))
    return found


def test_the_manifest_fits_the_definition(manifest: dict) -> None:
    jsonschema.Draft202012Validator.check_schema(JOB)
    jsonschema.validate(manifest, JOB)


@pytest.mark.parametrize("field", ["rayClusterSpecs", "entryPoint"])
def test_a_misspelt_field_is_found(field: str, manifest: dict) -> None:
    manifest["spec"][field] = ""
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(manifest, JOB)


def test_its_command_has_only_options_of_the_program(manifest: dict) -> None:
    program, *words = shlex.split(manifest["spec"]["entrypoint"])
    assert (program, words[:2]) == ("gfrnet", ["cluster", "restore"])
    command = get_command(app).commands["cluster"].commands["restore"]  # type: ignore[attr-defined]
    parsed = command.make_context("restore", words[2:]).params
    assert (parsed["engine"], parsed["address"], parsed["resume"]) == ("ray", "auto", True)


def test_nothing_is_reported_and_the_head_restores_nothing(manifest: dict) -> None:
    cluster = manifest["spec"]["rayClusterSpec"]
    groups = [cluster["headGroupSpec"], *cluster["workerGroupSpecs"]]
    containers = [each for group in groups for each in group["template"]["spec"]["containers"]]
    for container in containers:
        assert {"name": "RAY_USAGE_STATS_ENABLED", "value": "0"} in container["env"]
    assert cluster["headGroupSpec"]["rayStartParams"]["num-cpus"] == "0"
