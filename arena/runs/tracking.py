"""What is sent to the experiment trackers that a scenario chooses.

A tracker that fails is reported and not used further: a run is worth more than its tracking.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from arena import registry
from arena.api.tracker import Tracker
from arena.planning.graph import Node
from arena.progress.observer import Observer
from arena.results.run import RunResults
from arena.scenario.schema import Scenario
from arena.stages.losses import read_losses
from arena.store.store import Store


class Tracking:
    """The trackers of one run.

    Args:
        note: shows a line to the user.
    """

    def __init__(self, trackers: Mapping[str, Tracker], note: Callable[[str], None]) -> None:
        self._trackers, self._note = dict(trackers), note

    def losses(self, node: Node, store: Store) -> None:
        """Log the training losses of a stage that is in the store, if it trained."""
        losses = read_losses(store.path(node.address)) if self._trackers else ()
        if losses:
            self._each(lambda one: one.series(f"loss/{node.stage.name}", losses))

    def results(self, results: RunResults) -> None:
        """Log every row's ASR, and T."""
        for name, value, step in numbers(results):
            self._each(lambda one, n=name, v=value, s=step: one.scalar(n, v, s))  # type: ignore[misc]

    def finish(self, folder: Path, failed: bool) -> None:
        """End the run in every tracker; a finished run's files become its artifact."""
        own = set(registry.names("tracker"))
        files = [
            file
            for file in sorted(folder.rglob("*"))
            if file.is_file() and file.relative_to(folder).parts[0] not in own
        ]
        self._each(lambda one: one.finish([] if failed else files, failed))

    def _each(self, call: Callable[[Tracker], None]) -> None:
        for name, tracker in list(self._trackers.items()):
            try:
                call(tracker)
            except Exception as error:  # of any library
                del self._trackers[name]
                self._note(f"tracker {name} failed and is not used further: {error}")


@contextlib.contextmanager
def tracking(scenario: Scenario, folder: Path, observer: Observer) -> Iterator[Tracking]:
    """Yield the trackers that the scenario chooses, with its settings logged."""
    started: dict[str, Tracker] = {}
    for name in scenario.runtime.trackers:
        observer.phase(f"starting {name}")
        part: Any = registry.get("tracker", name)
        try:
            started[name] = part(folder.name, folder, scenario.resolved())
        except Exception as error:
            observer.note(f"tracker {name} failed and is not used: {error}")
    trackers = Tracking(started, observer.note)
    try:
        yield trackers
    except BaseException:
        trackers.finish(folder, failed=True)
        raise
    trackers.finish(folder, failed=False)


def numbers(results: RunResults) -> Iterator[tuple[str, float, int]]:
    """Yield the numbers to log, as (name, value, step): ASR and clean accuracy of every row with
    its seed as the step; T and the ends of its interval at both doses."""
    for row in results.rows:
        rates = {f"asr/{row.name}/{actor}": rate for actor, rate in row.asr.items()}
        if row.clean_accuracy is not None:
            rates[f"clean_accuracy/{row.name}"] = row.clean_accuracy
        for name, rate in rates.items():
            if rate.rate is not None:
                yield name, rate.rate, row.seed
    claims = {"least": results.claim, "most": results.most.claim if results.most else None}
    for dose, claim in claims.items():
        shown = {} if claim is None else {"": claim.transfer.value}
        if claim is not None:
            shown |= {"_low": claim.transfer.low, "_high": claim.transfer.high}
        for end, number in shown.items():
            if number is not None:
                yield f"T_{dose}{end}", number, 0
