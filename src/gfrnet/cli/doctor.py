"""Run ``gfrnet doctor``: find out what is wrong with this installation."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from gfrnet.cli.console import say
from gfrnet.cli.document import Json, show

if TYPE_CHECKING:
    from gfrnet.doctor import Check, Trial

_STYLES = {"ok": None, "warning": "yellow", "fault": "red"}


def doctor(json: Json = False) -> None:
    """Check Python, packages, models, cores, free space and privacy, and restore a face on trial.

    Exit code 1 if anything is a fault; warnings do not count. It opens no connection and writes nothing. The
    output names neither you nor your photos, so that you can send it with a report of a fault.
    """
    from gfrnet.doctor import State, examine

    checks = []
    for check in examine(_make_trial):
        checks.append(check)
        if not json:
            _say(check)
    faults = sum(check.state is State.FAULT for check in checks)
    if json:
        from gfrnet.cli.documents import Diagnosis

        show(Diagnosis(healthy=not faults, checks=tuple(checks)))
    else:
        warned = sum(check.state is State.WARNING for check in checks)
        say(f"{len(checks)} checks: {faults or 'no'} faults, {warned or 'no'} warnings.")
    if faults:
        raise typer.Exit(1)


def _say(check: Check) -> None:
    say(f"{check.state.value:<8} {check.name}: {check.found}", style=_STYLES[check.state.value])
    if check.remedy:
        say(f"{'':<8} {check.remedy}")


def _make_trial() -> Trial:
    from gfrnet.demo import make_pictures
    from gfrnet.doctor import Trial

    pictures = make_pictures()
    return Trial(pictures.portrait, pictures.degraded, pictures.guide)
