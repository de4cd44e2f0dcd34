"""Look at everything that an installation needs, one thing after the other."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from gfrnet.doctor import machine, models, packages
from gfrnet.doctor.check import Check, State, without_home


def examine(make_trial: Callable[[], models.Trial]) -> Iterator[Check]:
    """Check the installation. Nothing is written, and no connection is opened.

    A check that breaks is a fault itself, and the others go on.

    Args:
        make_trial: Makes the pictures of the face that is restored on trial.

    Yields:
        Every check as soon as it is known, without anything that tells who the user is.
    """
    for name, check in (
        ("gfrnet", machine.check_system),
        ("Python", packages.check_python),
        ("packages", packages.check_packages),
        ("twins", packages.check_twins),
        ("imports", packages.check_imports),
        ("extras", packages.check_extras),
        ("providers", models.check_providers),
        ("telemetry", machine.check_telemetry),
        ("cores", machine.check_cores),
        ("models", models.check_models),
        ("face models", models.check_face_models),
        ("restoring", lambda: models.check_restoring(make_trial())),
        ("space", machine.check_space),
    ):
        yield from map(without_home, _guarded(name, check))


def _guarded(name: str, check: Callable[[], Iterable[Check]]) -> Iterator[Check]:
    try:
        yield from check()
    # Whatever breaks in a broken installation is what is looked for.
    except Exception as error:
        found = f"This cannot be checked. {type(error).__name__}: {error}"
        yield Check(name, State.FAULT, found, "Mend the faults above. If there are none, report this one.")
