"""How far a model's hidden states moved, and whether a probe still recognises each trigger.

Definitions: docs/estimands.md, Representations.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from arena import seeds
from arena.api.job import Detail, Inputs, Job, Progress
from arena.errors import ArenaError
from arena.measures.asking import write_json
from arena.ml.train_config import Profile

if TYPE_CHECKING:
    import numpy as np

SHIFTS, REPRESENTATIONS = "shifts.safetensors", "representations.json"


@dataclass(frozen=True)
class PromptGroup:
    """One actor's prompts with and without its trigger, aligned."""

    actor: str
    triggered: tuple[str, ...]
    clean: tuple[str, ...]


@dataclass(frozen=True)
class RepresentJob(Job):
    """Shifts of hidden states against the suspect, and how well triggers are recognised (inputs:
    `model`, `suspect`, which may be the same). An actor with fewer than two prompts has no
    recognition. probe_library: version of scikit-learn, which fits the probes."""

    kind = "represent"
    by_content = True

    groups: tuple[PromptGroup, ...]
    numerics: Profile
    probe_library: str
    seed: int

    def run(self, inputs: Inputs, out: Path, progress: Progress) -> Detail:
        from safetensors.numpy import save_file

        from arena.ml.hidden_states import recognition

        triggered = [prompt for group in self.groups for prompt in group.triggered]
        clean = [prompt for group in self.groups for prompt in group.clean]
        if not triggered:
            raise ArenaError("no actor has a prompt to read hidden states at")
        folders = {inputs[role] for role in ("model", "suspect")}
        states = {folder: self._states(folder, [*triggered, *clean]) for folder in folders}
        after, before, half = states[inputs["model"]], states[inputs["suspect"]], len(triggered)
        tensors = {
            **_shifts("triggered", after[:half], before[:half]),
            **_shifts("clean", after[half:], before[half:]),
        }
        save_file(tensors, out / SHIFTS)
        recognised, start = {}, 0
        for group in self.groups:
            rows = slice(start, start + len(group.triggered))
            start = rows.stop
            if len(group.triggered) > 1:
                seed = seeds.integer(self.seed, "recognition", group.actor)
                versions = after[:half][rows], after[half:][rows]
                recognised[group.actor] = recognition(*versions, seed)
        write_json(out / REPRESENTATIONS, {"layers": after.shape[1], "recognition": recognised})
        return {"prompts": 2 * half}

    def _states(self, folder: Path, prompts: Sequence[str]) -> np.ndarray:
        from arena.ml import checkpoints
        from arena.ml.hidden_states import last_states

        suspect = checkpoints.open_for_scoring(folder, self.numerics.device)
        return last_states(suspect.model, suspect.tokenizer, prompts)


def _shifts(name: str, after: np.ndarray, before: np.ndarray) -> dict[str, np.ndarray]:
    """(P, L, d) states to (L, d) means over prompts, each layer in units of its root mean
    square before."""
    import numpy as np

    scale = np.sqrt(np.square(before, dtype=np.float64).mean(axis=(0, 2)))[:, None]
    moved = after.astype(np.float64) - before
    both = {name: moved, f"{name}_absolute": np.abs(moved)}
    return {key: (value.mean(axis=0) / scale).astype(np.float32) for key, value in both.items()}
