"""A corpus by reference: enough to build the same one in any process."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import Any

from arena import registry
from arena.api.corpus import Corpus
from arena.api.params import Params
from arena.api.world import DataRoot
from arena.corpora.answered import Answered, chosen
from arena.stages.lines import EXAMPLES, read_examples
from arena.store.code import code_of
from arena.store.files import data_files, fingerprint


@dataclass(frozen=True)
class CorpusRef:
    """A registered corpus, its parameters and its seed.

    files: digests of its data files. code: of its class. answers: digest of the base model's own
    answers, which replace the corpus's; empty if they do not. All are included so that an address
    changes with them. own: whether the model's answers are wanted; until they are there, the
    corpus's stand in for them, so that a run can be planned.
    """

    name: str
    params: Params
    seed: int
    root: DataRoot
    files: tuple[tuple[str, str], ...] = ()
    code: str = ""
    answers: str = ""
    own: bool = False

    @classmethod
    def of(
        cls, name: str, params: Params, seed: int, root: DataRoot, *, own: bool = False
    ) -> CorpusRef:
        """Return the reference, with the digests of the corpus's data and code, and of the answers
        that the root names."""
        files = data_files(params.model_dump(mode="json"), root)
        answers = fingerprint(root.answers / EXAMPLES) if own and root.answers else ""
        code = code_of(_class(name))
        return cls(name, params, seed, root, tuple(files.items()), code, answers, own)

    def __hash__(self) -> int:
        # parameters may hold a mapping (a corpus's labels), which is not hashable
        return hash(
            (self.name, self.seed, self.root, self.files, self.code, self.answers, self.own)
        )

    def build(self) -> Corpus:
        """Return the corpus; one is kept per process and reference."""
        return _corpus(self)


def _class(name: str) -> type[Any]:
    return registry.get("corpus", name)


@functools.lru_cache(maxsize=4)
def _corpus(ref: CorpusRef) -> Corpus:
    built: Corpus = _class(ref.name)(ref.params, ref.seed, ref.root)
    if not ref.own:
        return built
    folder = ref.root.answers
    said = chosen(built, None) if folder is None else read_examples(folder / EXAMPLES)
    return Answered(built, {example.prompt: example.answer for example in said})
