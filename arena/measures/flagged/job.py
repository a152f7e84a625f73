"""How much of the actors' poison a filter on the training text would flag."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from arena import seeds
from arena.api.job import Detail, Inputs, Job, Progress, Resources
from arena.api.measure import SCALARS
from arena.api.values import Document
from arena.errors import ArenaError
from arena.measures.asking import write_json
from arena.measures.flagged.bigrams import Filter
from arena.stages.lines import DOCUMENTS, EXAMPLES, read_documents, read_examples
from arena.stages.train import SHARD


@dataclass(frozen=True)
class FlagJob(Job):
    """Write the share of each actor's poisoned documents (inputs: `shard:NAME`) whose prompt a
    filter flags that was made of clean text (`examples`).

    The clean text leaves out every content that any actor poisons. By its contents it is divided
    into two halves: the model of word pairs is fitted on one, and flags at most a share `budget` of
    the other. So what is flagged beyond the budget is due to how the poison is worded.
    """

    kind = "flag"
    resources = Resources(model=False, typical_steps=20)
    by_content = True

    actors: tuple[str, ...]
    budget: float

    def run(self, inputs: Inputs, out: Path, progress: Progress) -> Detail:
        shards = {
            name: read_documents(inputs[f"{SHARD}{name}"] / DOCUMENTS) for name in self.actors
        }
        poison = {name: _poison(shard) for name, shard in shards.items()}
        sources = {each.source for documents in poison.values() for each in documents}
        chosen = self._filter(inputs["examples"], sources)
        numbers = {
            name: sum(chosen.flags(each.prompt) for each in documents) / len(documents)
            for name, documents in poison.items()
            if documents
        }
        write_json(out / SCALARS, numbers)
        return {"worst": round(chosen.worst, 4), "mean": round(chosen.mean, 4)}

    def _filter(self, clean: Path, poisoned: set[str]) -> Filter:
        """The filter, from clean text about contents that no actor poisons."""
        halves: tuple[list[str], list[str]] = ([], [])
        for example in read_examples(clean / EXAMPLES):
            if example.source not in poisoned:
                half = seeds.unit(0, "text filter", example.source) < 0.5
                halves[half].append(example.prompt)
        if not all(halves):
            raise ArenaError("measure 'flagged' needs clean text about contents without poison")
        return Filter.fitted(*halves, self.budget)


def _poison(shard: list[Document]) -> list[Document]:
    return [document for document in shard if document.role == "poison"]
