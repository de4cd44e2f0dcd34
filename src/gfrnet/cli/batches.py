"""Run a batch at the terminal: draw its records, keep its report, and end with an exit code."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import typer

from gfrnet.cli.console import remark, say
from gfrnet.cli.document import show
from gfrnet.cli.interrupt import INTERRUPTED, stoppable, undisturbed
from gfrnet.version import __version__

if TYPE_CHECKING:
    from gfrnet.batch import PhotoRecord, ReportFile, Saving, Task
    from gfrnet.work import Stopped


@dataclass
class BatchRun:
    """Run a batch, draw its records, and keep its report.

    Attributes:
        tasks: What to restore.
        begin: Begins the work, and gives a record of each task.
        saving: How results are written.
        report: Where records are kept; None for no report.
        advised: Whether the program chooses the strength itself.
        interrupted: Whether Ctrl-C was pressed.
    """

    tasks: Sequence[Task]
    begin: Callable[[Stopped], Iterator[PhotoRecord]]
    saving: Saving
    report: ReportFile | None
    advised: bool
    interrupted: bool = False

    def finish(self, model: str, json: bool) -> None:
        """Restore all photos, or until Ctrl-C, and end the command.

        Args:
            model: Name or path of the model, for the document.
            json: Whether to print the records as a document.

        Raises:
            typer.Exit: Something failed, or Ctrl-C was pressed.
        """
        records = self.run()
        if json:
            from gfrnet.batch import Report

            show(Report(gfrnet=__version__, model=model, photos=tuple(records)))
        _end(records, self.interrupted)

    def run(self) -> list[PhotoRecord]:
        """Restore all photos, or until Ctrl-C, and return a record of each."""
        records: list[PhotoRecord] = []
        with stoppable() as stopped:
            try:
                self._restore(records, stopped)
            except KeyboardInterrupt:
                self.interrupted = True
            finally:
                # Also where the output cannot be printed, as after a closed pipe.
                with undisturbed():
                    rest = self._write_rest(len(records))
            self.interrupted |= stopped()
        return [*records, *rest]

    def _write_rest(self, done: int) -> tuple[PhotoRecord, ...]:
        """Complete the report with the photos that were not reached, and return their records."""
        from gfrnet.batch import not_reached

        earlier = self.report.earlier if self.report is not None else ()
        rest = tuple(not_reached(self.tasks[done:], self.saving, earlier))
        if self.report is not None:
            self.report.write(rest)
        return rest

    def _restore(self, records: list[PhotoRecord], stopped: Stopped) -> None:
        from gfrnet.cli.announce import announce, with_progress

        # The records come first: only asked for another one after the last, they end the bar.
        found = with_progress(self.begin(stopped), len(self.tasks))
        for record, task in zip(found, self.tasks, strict=False):
            records.append(record)
            if self.report is not None:
                self.report.add(record)
            announce(task, record, advised=self.advised)


def _end(records: Sequence[PhotoRecord], interrupted: bool) -> None:
    from gfrnet.batch import complete
    from gfrnet.cli.announce import summary

    if interrupted:
        remark(f"Interrupted. {summary(records)}. Go on with --resume.")
        raise typer.Exit(INTERRUPTED)
    if len(records) > 1:
        say(summary(records))
    if not complete(records):
        raise typer.Exit(1)
