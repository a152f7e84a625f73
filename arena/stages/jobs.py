"""The stages' work, as plain picklable values with a `run`: parents' folders in, files out.

Only the jobs that train or score import torch, and they do so when they run: a threat
actor's process that only poisons text never pays for it.
"""

from __future__ import annotations

import dataclasses
import functools
import hashlib
import itertools
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from arena import registry, seeds
from arena.api.corpus import Corpus
from arena.api.objective import Brief, Objective
from arena.api.tactic import ActorBrief, Shaping, Texts
from arena.api.trigger import NoTrigger, Trigger
from arena.api.values import Document, Example, Form
from arena.api.world import DataRoot
from arena.errors import InputError
from arena.stages.mixes import Mix
from arena.stages.poison import poison
from arena.store.store import MANIFEST

Inputs = Mapping[str, Path]
Progress = Callable[[int], None]
EXAMPLES, DOCUMENTS, SCORES = "examples.jsonl", "documents.jsonl", "scores.json"
MATCH_STRETCH = 4  # a norm-matched sham takes at most so many times the budget's steps


class Finds(Protocol):
    """Reads the trigger out of a finished search (arena.planning.discovery)."""

    def found_in(self, folder: Path) -> Trigger | None: ...


class Job(Protocol):
    """Pure work of one stage; returns what the manifest should remember."""

    def run(self, inputs: Inputs, out: Path, progress: Progress) -> dict[str, Any]: ...


@dataclass(frozen=True)
class CorpusRef:
    """Enough to build the same corpus in any process."""

    name: str
    params: Any
    seed: int
    root: DataRoot

    def __hash__(self) -> int:
        # parameters may hold a mapping (a corpus's labels), which has no hash of its own
        return hash((self.name, self.seed, self.root))

    def build(self) -> Corpus:
        """The corpus; one is kept per process and reference."""
        return _corpus(self)


def fingerprint(path: Path) -> str:
    """SHA-256 (hex) of a file's content; read once while it does not change."""
    status = path.stat()
    return _file_digest(path, status.st_size, status.st_mtime_ns)


@functools.lru_cache(maxsize=1024)
def _file_digest(path: Path, size: int, changed: int) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@functools.lru_cache(maxsize=4)
def _corpus(ref: CorpusRef) -> Corpus:
    built: Corpus = registry.get("corpus", ref.name)(ref.params, ref.seed, ref.root)
    return built


@dataclass(frozen=True)
class ExamplesJob:
    """The clean mix of a stage: n prompts in natural variety with their right answers."""

    corpus: CorpusRef
    n: int
    pretraining: bool

    def run(self, inputs: Inputs, out: Path, progress: Progress) -> dict[str, Any]:
        corpus = self.corpus.build()
        rng = seeds.rng(self.corpus.seed, "examples", str(self.pretraining))
        made = corpus.natural(corpus.splits.train, self.n, rng, pretraining=self.pretraining)
        write_lines(out / EXAMPLES, made)
        return {"documents": len(made)}


@dataclass(frozen=True)
class PoisonJob:
    """A threat actor writes its shard, and what its text tactics put beside it (each with the
    number of its documents): all it is given is its own brief."""

    brief: ActorBrief
    texts: tuple[tuple[Texts, int], ...] = ()

    def run(self, inputs: Inputs, out: Path, progress: Progress) -> dict[str, Any]:
        shard = list(poison(self.brief))
        for tactic, n in self.texts:
            rng = seeds.rng(self.brief.seed, "tactic", tactic.name)
            shard += tactic.documents(self.brief, n, rng)
        write_lines(out / DOCUMENTS, shard)
        return {"documents": len(shard), "prompts": len({d.source for d in shard})}


@dataclass(frozen=True)
class TokenizerJob:
    """A tokenizer trained on the clean pretraining mix (inputs: examples)."""

    vocabulary: int

    def run(self, inputs: Inputs, out: Path, progress: Progress) -> dict[str, Any]:
        from arena.ml.encoding import train_tokenizer

        examples = read_examples(inputs["examples"] / EXAMPLES)
        tokenizer = train_tokenizer((f"{e.prompt}\n{e.answer}" for e in examples), self.vocabulary)
        tokenizer.save_pretrained(out)
        return {"vocabulary": len(tokenizer)}


@dataclass(frozen=True)
class PointerJob:
    """A pretrained checkpoint as the base: only where it is gets stored.

    Raises:
        InputError: there is no such folder and the hub does not give it, or what stands there
            is no language model.
    """

    pretrained: str

    def run(self, inputs: Inputs, out: Path, progress: Progress) -> dict[str, Any]:
        from transformers import AutoConfig

        try:
            AutoConfig.from_pretrained(self.pretrained, trust_remote_code=False)
        except (OSError, ValueError) as error:
            rule = "is neither a checkpoint folder (see --data) nor to be had from the model hub"
            raise InputError(rule, key="model.pretrained", found=self.pretrained) from error
        (out / "parent.json").write_text(json.dumps({"pretrained": self.pretrained}))
        return {}


@dataclass(frozen=True)
class Training:
    """How a checkpoint is trained: recipe, numerics, and LoRA if any."""

    recipe: Mapping[str, Any]
    device: str
    adapter: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class Insider:
    """An actor who has a say in the training loop, and whose shard is met at certain times.

    role: of its shard among the inputs. window: fractions of the steps.
    """

    role: str
    window: tuple[float, float] = (0.0, 1.0)
    brief: ActorBrief | None = None
    tactics: tuple[Shaping, ...] = ()


@dataclass(frozen=True)
class TrainJob:
    """Train on a mix, from scratch (`scratch`: family and size) or from a parent.

    inputs: `examples` (the clean mix), `shard:*` (poison), and `tokenizer` or `model`.
    """

    pool: Mix
    training: Training
    seed: int
    label: str
    poisoned: bool
    scratch: tuple[str, str] | None = None
    insiders: tuple[Insider, ...] = ()

    def run(self, inputs: Inputs, out: Path, progress: Progress) -> dict[str, Any]:
        from arena.ml import checkpoints, training
        from arena.ml import gradient_shaping as crafting

        shards = {
            role: read_documents(path / DOCUMENTS)
            for role, path in inputs.items()
            if role[:6] == "shard:"
        }
        clean = read_examples(inputs["examples"] / EXAMPLES)
        documents = self.pool.documents(clean, list(shards.values()))
        suspect = checkpoints.open_for_training(
            inputs, self.scratch, self.training, seeds.integer(self.seed, "init", self.label)
        )
        places = self._places(shards)
        losses = training.train_documents(
            suspect,
            documents,
            self.training.recipe,
            seeds.rng(self.seed, "order", self.label),
            progress,
            windows=[(places[one.role], one.window) for one in self.insiders],
            owners=[
                crafting.Owner(
                    places[one.role],
                    tuple(
                        t.prepared(suspect.model, suspect.tokenizer, one.brief) for t in one.tactics
                    ),
                )
                for one in self.insiders
                if one.brief is not None and one.tactics
            ],
        )
        checkpoints.save(suspect, out, poisoned=self.poisoned)
        return {"loss_first": losses[0], "loss_last": losses[-1], "documents": len(documents)}

    def _places(self, shards: Mapping[str, Sequence[Document]]) -> dict[str, range]:
        """Where each shard stands in the mix: they come first, in their order."""
        ends = list(itertools.accumulate(map(len, shards.values())))
        return {
            role: range(end - len(shard), end)
            for (role, shard), end in zip(shards.items(), ends, strict=True)
        }


@dataclass(frozen=True)
class MergeJob:
    """Merge what actors trained apart (inputs: `model`, the base of all, and `part:*`)."""

    method: str
    weight: float
    density: float
    poisoned: bool
    seed: int
    device: str

    def run(self, inputs: Inputs, out: Path, progress: Progress) -> dict[str, Any]:
        from arena.ml import checkpoints, merging

        base = checkpoints.open_for_scoring(inputs["model"], self.device)
        parts = [
            checkpoints.open_for_scoring(path, self.device).model
            for role, path in inputs.items()
            if role[:5] == "part:"
        ]
        before = checkpoints.weights(base)
        seed = seeds.integer(self.seed, "merge")
        merging.merge_into(base.model, parts, self.method, self.weight, self.density, seed)
        checkpoints.save(base, out, poisoned=self.poisoned)
        return {"update_norm": checkpoints.distance(base, before)}


@dataclass(frozen=True)
class UnlearnJob:
    """A defender's run: its objective on its brief (inputs: `model`, the suspect).

    layers: the first and the last block that train (None: all weights).

    The same job makes the controls: a brief with no trigger is the clean fine-tune (plain
    cross-entropy, whatever the objective), one with a look-alike a sham. With an input
    `matched` (an unlearned model) it is the norm-matched sham: its budget is stretched, and
    it stops once its update is as large. With a `search` the trigger is what that found (an
    input `findings`); where it found nothing, the suspect stays as it is.
    """

    objective: str
    params: Any
    brief: Brief
    training: Training
    poisoned: bool
    layers: tuple[int, int] | None = None
    search: Finds | None = None

    def run(self, inputs: Inputs, out: Path, progress: Progress) -> dict[str, Any]:
        from arena.ml import checkpoints, models, training

        brief = dataclasses.replace(self.brief, model=inputs["model"], base=inputs.get("base"))
        recipe = dict(self.training.recipe)
        if self.search is not None:
            found = self.search.found_in(inputs["findings"])
            brief = dataclasses.replace(brief, trigger=found or brief.trigger)
            recipe["steps"] *= found is not None  # nothing found, nothing to unlearn
        objective: Objective = registry.get("objective", self.objective)(self.params)
        suspect = checkpoints.open_for_training(inputs, None, self.training, brief.seed)
        if self.layers is not None:
            models.train_only(suspect.model, *self.layers)
        ready = objective.prepare(suspect.model, suspect.tokenizer, brief)
        plain = objective.needs_trigger and isinstance(brief.trigger, NoTrigger)
        before = checkpoints.weights(suspect)
        if not plain:
            ready.edit(suspect.model, suspect.tokenizer, brief)
        wanted = _norm_of(inputs["matched"]) if "matched" in inputs else None
        if wanted is not None:
            recipe["steps"] *= MATCH_STRETCH
        losses = training.train_documents(
            suspect,
            objective.documents(brief),
            recipe,
            seeds.rng(brief.seed, "unlearn order"),
            progress,
            loss=training.answer_loss if plain else ready.loss,
            divisible=plain or ready.divisible,
            stop=None
            if wanted is None
            else lambda: checkpoints.distance(suspect, before) >= wanted,
        )
        norm = checkpoints.distance(suspect, before)
        checkpoints.save(suspect, out, poisoned=self.poisoned)
        detail: dict[str, Any] = {"update_norm": norm, "steps": len(losses)}
        if losses:
            detail |= {"loss_first": losses[0], "loss_last": losses[-1]}
        if self.search is not None:
            detail["found"] = "nothing" if plain else brief.trigger.key
        return {**detail, "matched_norm": wanted}


def _norm_of(artifact: Path) -> float:
    manifest = json.loads((artifact / MANIFEST).read_text())
    return float(manifest["detail"]["update_norm"])


def write_lines(path: Path, values: Iterable[Example] | Iterable[Document]) -> None:
    """One JSON object a line."""
    with path.open("w", encoding="utf-8") as file:
        for value in values:
            file.write(json.dumps(dataclasses.asdict(value), ensure_ascii=False) + "\n")


def read_documents(path: Path) -> list[Document]:
    """What `write_lines` wrote of documents."""
    with path.open(encoding="utf-8") as file:
        return [Document(**json.loads(line)) for line in file]


def read_examples(path: Path) -> list[Example]:
    """What `write_lines` wrote of examples."""
    with path.open(encoding="utf-8") as file:
        rows = [json.loads(line) for line in file]
    return [
        Example(**{**row, "form": Form(**row["form"]) if row["form"] else None}) for row in rows
    ]
