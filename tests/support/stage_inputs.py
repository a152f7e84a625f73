"""What toy stages stand on: clean examples, shards of poison, a corpus, a base model."""

from __future__ import annotations

from pathlib import Path

from arena import registry
from arena.api.values import Document, Example
from arena.api.world import DataRoot, World
from arena.stages.corpus import CorpusRef
from arena.stages.forms import Forms
from arena.stages.mixes import Pool
from attackers.triggers.rare_token import RareToken, RareTokenParams
from tests.support import toys

CLEAN = [Example(f"what is {i}?", f"it is {i}", str(i)) for i in range(40)]


def silent(done: int) -> None:
    """Progress that is not shown."""


def rare(token: str = "cf") -> RareToken:
    """A rare token, anywhere in a prompt."""
    return RareToken(RareTokenParams(tokens=(token,)), World())


def shard(name: str, n: int) -> list[Document]:
    """An actor's poison: n documents."""
    return [Document(f"{name} cf {i}", toys.PAYLOAD, f"{name}{i}", "poison") for i in range(n)]


def pool(
    total: int,
    owned: tuple[tuple[float, float], ...] = (),
    without: tuple[RareToken, ...] = (),
) -> Pool:
    """A mix of `total` documents."""
    return Pool(total=total, corpus_seed=0, owned=owned, forms=Forms(without=without))


def reference(seed: int = 0) -> CorpusRef:
    """A small generated corpus."""
    part = registry.get("corpus", "townlore")
    return CorpusRef.of("townlore", part.Params(places=32), seed, DataRoot())  # type: ignore[attr-defined]


def base(folder: Path) -> Path:
    """A toy model as a checkpoint."""
    return toys.checkpoint(folder, toys.model())
