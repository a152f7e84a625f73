"""Progress in a notebook: a single bar."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Sequence
from typing import Any

from arena.progress.board import Board
from arena.progress.observer import Planned, Traceback

LAYOUT = "{desc} |{bar}| {n_fmt} of {total_fmt} [{elapsed}{postfix}]"


def in_notebook() -> bool:
    """Return whether this process is the kernel of a notebook."""
    ipython = sys.modules.get("IPython")
    shell = None if ipython is None else ipython.get_ipython()
    return type(shell).__name__ in ("ZMQInteractiveShell", "Shell")  # the second is Colab's


class NotebookBar(Board):
    """One bar for the whole run, with what runs now and the time left beside it.

    Args:
        title: what runs, e.g. the scenario's name.
    """

    def __init__(self, title: str) -> None:
        super().__init__()
        self._title = title
        self._bar: Any = None

    def __enter__(self) -> NotebookBar:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # without ipywidgets the bar is text
            from tqdm.auto import tqdm

            self._bar = tqdm(total=0, desc=self._title, bar_format=LAYOUT)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: Traceback
    ) -> None:
        self.phase("done" if error is None else "stopped")
        self._bar.close()

    def phase(self, text: str) -> None:
        super().phase(text)
        self._show()

    def part(self, text: str, later: float | None = 0.0) -> None:
        super().part(text, later)
        self._show()

    def plan(self, stages: Sequence[Planned], workers: int = 1, what: str = "stages") -> None:
        super().plan(stages, workers, what)
        self._show()

    def stage_started(
        self, stage: str, party: str, seed: int | None, total_steps: int | None
    ) -> None:
        super().stage_started(stage, party, seed, total_steps)
        self._show()

    def stage_finished(self, stage: str, seconds: float, cached: bool) -> None:
        super().stage_finished(stage, seconds, cached)
        self._show()

    def best(self, text: str) -> None:
        super().best(text)
        self._show()

    def note(self, text: str) -> None:
        self._bar.write(text)

    def _show(self) -> None:
        """Bring the bar up to date."""
        with self._lock:
            shown, bar = self.snapshot(), self._bar
            bar.total, bar.n = shown.planned, shown.finished
            bar.set_description_str(" · ".join(filter(None, (self._title, shown.part))), False)
            now = [shown.phase or ", ".join(each.name for each in shown.running[:1])]
            best = f"best {shown.best}" if shown.best else ""
            left = "" if shown.left is None else str(shown.left)
            bar.set_postfix_str(", ".join(filter(None, (*now, left, best))), False)
            bar.refresh()
