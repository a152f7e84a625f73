"""MLflow: a run in the tracking server or folder that `MLFLOW_TRACKING_URI` names."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from arena.api.tracker import Tracker
from arena.registry import register

EXPERIMENT = "backdoor-arena"
BATCH = 1000  # metrics in one request, MLflow's own limit
FORBIDDEN = re.compile(r"[^\w\-./ ]")  # characters that no metric may have in its name


@register("tracker", "mlflow")
class MLflow(Tracker):
    """A run of the experiment `backdoor-arena`; the run folder's files are its artifacts."""

    package = "mlflow"
    extra = "mlflow"

    def __init__(self, run: str, folder: Path, config: Mapping[str, Any]) -> None:
        from mlflow.tracking import MlflowClient

        self._folder, self._client = folder, MlflowClient()
        experiment = self._client.get_experiment_by_name(EXPERIMENT)
        chosen = (
            self._client.create_experiment(EXPERIMENT)
            if experiment is None
            else experiment.experiment_id
        )
        self._run = self._client.create_run(chosen, run_name=run).info.run_id
        self._client.log_dict(self._run, dict(config), "scenario.json")

    def scalar(self, name: str, value: float, step: int) -> None:
        self._client.log_metric(self._run, _allowed(name), value, step=step)

    def series(self, name: str, values: Sequence[float]) -> None:
        from mlflow.entities import Metric

        now = int(time.time() * 1000)
        metrics = [Metric(_allowed(name), value, now, step) for step, value in enumerate(values)]
        for first in range(0, len(metrics), BATCH):
            self._client.log_batch(self._run, metrics[first : first + BATCH])

    def finish(self, files: Sequence[Path], failed: bool) -> None:
        for file in files:
            place = file.parent.relative_to(self._folder).as_posix()
            self._client.log_artifact(self._run, str(file), None if place == "." else place)
        self._client.set_terminated(self._run, "FAILED" if failed else "FINISHED")


def _allowed(name: str) -> str:
    """The name with `.` for characters that MLflow does not take."""
    return FORBIDDEN.sub(".", name)
