"""The stages' work: what a mix holds, whose contents are whose, what is written and read."""

from __future__ import annotations

import dataclasses
import itertools
import json
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arena import registry
from arena.api.objective import Brief, Budget
from arena.api.tactic import ActorBrief
from arena.api.trigger import NoTrigger
from arena.api.values import Document, Example
from arena.api.world import DataRoot, World
from arena.errors import ArenaError, InputError
from arena.ml.train_config import Adapter
from arena.stages import unlearn
from arena.stages.corpus import CorpusRef
from arena.stages.examples import ExamplesJob
from arena.stages.lines import DOCUMENTS, EXAMPLES, read_documents, read_examples, write_lines
from arena.stages.mixes import Pool, owns
from arena.stages.pointer import PointerJob
from arena.stages.poison import PoisonJob
from arena.stages.tokenizer import TokenizerJob
from arena.stages.train import TrainJob
from arena.stages.unlearn import UnlearnJob
from arena.store.manifest import MANIFEST
from attackers.payloads.fixed_text import FixedText, FixedTextParams
from attackers.triggers.rare_token import RareToken, RareTokenParams
from tests.support import toys

CLEAN = [Example(f"what is {i}?", f"it is {i}", str(i)) for i in range(40)]


def silent(done: int) -> None:
    return None


def rare(token: str = "cf") -> RareToken:
    return RareToken(RareTokenParams(tokens=(token,)), World())


def shard(name: str, n: int) -> list[Document]:
    return [Document(f"{name} cf {i}", toys.PAYLOAD, f"{name}{i}", "poison") for i in range(n)]


def pool(total: int, owned: tuple[tuple[float, float], ...] = (), **rest: Any) -> Pool:
    return Pool(total=total, corpus_seed=0, owned=owned, without=rest.get("without", ()))


@given(st.integers(1, 200), st.lists(st.integers(0, 30), max_size=3))
def test_a_mix_is_as_large_as_asked_and_holds_every_shard_whole(
    total: int, sizes: list[int]
) -> None:
    shards = [shard(str(k), n) for k, n in enumerate(sizes)]
    if sum(sizes) > total:
        with pytest.raises(ArenaError, match=str(total)):
            pool(total).documents(CLEAN, shards)
        return
    made = pool(total).documents(CLEAN, shards)
    assert len(made) == total
    assert [d for d in made if d.role == "poison"] == [d for one in shards for d in one]
    clean = Counter(d.prompt for d in made if d.role == "clean")
    assert set(clean) <= {e.prompt for e in CLEAN}
    if total - sum(sizes) >= len(CLEAN):
        assert max(clean.values()) - min(clean.values()) <= 1


@given(st.floats(0, 0.5), st.floats(0.5, 0.9))
def test_owned_contents_are_left_out(low: float, high: float) -> None:
    made = pool(100, ((low, high),)).documents(CLEAN, [])
    kept = {document.source for document in made}
    assert kept == {e.source for e in CLEAN if not owns([(low, high)], 0, e.source)}


def test_prompts_that_carry_a_trigger_by_nature_are_left_out() -> None:
    odd = [Example(f"what cf is {i}?", "it", f"odd{i}") for i in range(9)]
    made = pool(60, without=(rare(),)).documents([*odd, *CLEAN], [])
    assert {d.source for d in made} == {e.source for e in CLEAN}
    assert {d.source for d in pool(60).documents([*odd, *CLEAN], [])} >= {e.source for e in odd}


def test_a_mix_without_anything_clean_is_a_clear_error() -> None:
    with pytest.raises(ArenaError, match="no room"):
        pool(10, ((0.0, 1.0),)).documents(CLEAN, [])


EDGES = st.lists(st.floats(0, 1), min_size=2, max_size=6, unique=True).map(sorted)


@given(EDGES, st.integers(0, 99), st.text(max_size=9))
def test_shares_that_touch_never_own_the_same_content(
    edges: list[float], seed: int, source: str
) -> None:
    shares = list(itertools.pairwise(edges))
    owners = sum(owns([share], seed, source) for share in shares)
    assert owners == int(owns(shares, seed, source)) <= 1
    assert owns([(0.0, 1.0)], seed, source)


def test_a_share_owns_about_its_fraction_and_another_one_for_another_seed() -> None:
    sources = [str(i) for i in range(4000)]
    owned = [{s for s in sources if owns([(0.2, 0.45)], seed, s)} for seed in (0, 1)]
    assert [len(o) / 4000 for o in owned] == pytest.approx([0.25, 0.25], abs=0.03)
    assert owned[0] != owned[1]


def test_examples_and_documents_come_back_as_written(tmp_path: Path) -> None:
    texts = ["two\nlines", "été \u2028 \U0001f600", ""]
    documents = [Document(t, t, "s", "forget") for t in texts]
    examples = [*toys.townlore().splits.train[:5], *(Example(t, t, "s", "label") for t in texts)]
    write_lines(tmp_path / "d", documents)
    write_lines(tmp_path / "e", examples)
    assert read_documents(tmp_path / "d") == documents
    assert read_examples(tmp_path / "e") == examples
    assert examples[0].form is not None


def reference(seed: int = 0) -> CorpusRef:
    part = registry.get("corpus", "townlore")
    return CorpusRef.of("townlore", part.Params(places=32), seed, DataRoot())


def test_a_corpus_is_built_once_per_process() -> None:
    assert reference().build() is reference().build()
    assert reference().build() is not reference(1).build()


def test_the_clean_mix_is_seeded_and_over_training_contents(tmp_path: Path) -> None:
    made = []
    for name, seed in (("a", 0), ("b", 0), ("c", 1)):
        (tmp_path / name).mkdir()
        detail = ExamplesJob(reference(seed), 50, True).run({}, tmp_path / name, silent)
        assert detail == {"documents": 50}
        made.append(read_examples(tmp_path / name / EXAMPLES))
    assert made[0] == made[1] != made[2]
    assert {e.source for e in made[0]} <= {e.source for e in reference().build().splits.train}


def test_a_threat_actor_writes_what_its_brief_says(tmp_path: Path) -> None:
    payload = FixedText(FixedTextParams(text=toys.PAYLOAD), World())
    brief = ActorBrief("lexical", rare(), payload, tuple(CLEAN), 50, seed=3)
    detail = PoisonJob(brief, reference()).run({}, tmp_path, silent)
    made = read_documents(tmp_path / DOCUMENTS)
    assert detail == {"documents": 50, "prompts": 40}
    assert {d.answer for d in made} == {toys.PAYLOAD}
    assert all("cf" in d.prompt.split() for d in made)


def test_a_pointer_says_where_the_checkpoint_is(tmp_path: Path) -> None:
    base = toys.checkpoint(tmp_path / "base", toys.model())
    PointerJob(str(base)).run({}, tmp_path, silent)
    assert json.loads((tmp_path / "parent.json").read_text()) == {"pretrained": str(base)}


def test_a_pointer_to_nothing_is_wrong_input(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"model\.pretrained"):
        PointerJob(str(tmp_path / "nowhere")).run({}, tmp_path, silent)


@pytest.fixture
def inputs(tmp_path: Path) -> Mapping[str, Path]:
    """A clean mix, its tokenizer, two shards and a base model."""
    for name in ("examples", "tokenizer", "one", "two"):
        (tmp_path / name).mkdir()
    write_lines(tmp_path / "examples" / EXAMPLES, CLEAN)
    TokenizerJob(300).run({"examples": tmp_path / "examples"}, tmp_path / "tokenizer", silent)
    for name in ("one", "two"):
        write_lines(tmp_path / name / DOCUMENTS, shard(name, 6))
    return {
        "examples": tmp_path / "examples",
        "tokenizer": tmp_path / "tokenizer",
        "shard:one": tmp_path / "one",
        "shard:two": tmp_path / "two",
    }


def train_job(seed: int = 0) -> TrainJob:
    return TrainJob(pool(30), toys.training(), seed, "pretraining", True, ("llama", "nano"))


def test_training_from_scratch_is_a_function_of_its_inputs(
    inputs: Mapping[str, Path], tmp_path: Path
) -> None:
    told: list[int] = []
    details = []
    for name, seed in (("a", 0), ("b", 0), ("c", 1)):
        out = tmp_path / name
        details.append(train_job(seed).run(inputs, out, told.append))
    assert details[0] == details[1] != details[2]
    assert details[0]["documents"] == 30
    weights = [(tmp_path / name / "model.safetensors").read_bytes() for name in "abc"]
    assert weights[0] == weights[1] != weights[2]
    assert told == [1, 2, 3, 4] * 3
    assert "COMPROMISED" in (tmp_path / "a" / "README.md").read_text()


def unlearn_job(adapter: Any = None, objective: str = "relabel", **more: Any) -> UnlearnJob:
    clean = tuple(CLEAN[:12])
    brief = Brief(Path(), clean, NoTrigger(), Budget(4, 5e-3, 4), seed=2)
    params = registry.get("objective", objective).Params()
    training = toys.training(adapter=adapter)
    return UnlearnJob(objective, params, "", brief, reference(), training, True, **more)


def test_unlearning_takes_its_budget(tmp_path: Path) -> None:
    base = toys.checkpoint(tmp_path / "base", toys.model())
    detail = unlearn_job().run({"model": base}, tmp_path / "out", silent)
    assert detail["update_norm"] > 0
    assert (tmp_path / "out" / "model.safetensors").is_file()


TOLD: list[str] = [
    name
    for name in registry.names("objective")
    if registry.get("objective", name).needs_trigger  # type: ignore[attr-defined]
]


@pytest.mark.parametrize("name", TOLD)
def test_the_clean_fine_tune_is_the_same_for_every_objective(name: str, tmp_path: Path) -> None:
    base = toys.checkpoint(tmp_path / "base", toys.model())
    weights = []
    for objective in ("relabel", name):
        unlearn_job(objective=objective).run({"model": base}, tmp_path / objective, silent)
        weights.append((tmp_path / objective / "model.safetensors").read_bytes())
    assert weights[0] == weights[1]


@pytest.mark.parametrize("adapter", [None, Adapter(rank=2, alpha=4)])
def test_only_the_chosen_layers_change(adapter: Any, tmp_path: Path) -> None:
    from arena.ml.models import load_model

    base = toys.checkpoint(tmp_path / "base", toys.model())
    job = unlearn_job(adapter, layers=(1, 1))
    detail = job.run({"model": base}, tmp_path / "out", silent)
    before = dict(load_model(base).named_parameters())
    after = dict(load_model(tmp_path / "out").named_parameters())
    moved = {name for name, p in after.items() if not p.equal(before[name])}
    assert moved
    assert all("layers.1." in name for name in moved)
    norm = sum(float((after[n] - before[n]).detach().double().square().sum()) for n in moved)
    assert detail["update_norm"] == pytest.approx(norm**0.5, rel=1e-3)


MOST = 4 * unlearn.MATCH_STRETCH


@pytest.mark.parametrize(("stretch", "takes"), [(1.0, 4), (1.5, 5), (99.0, MOST)])
def test_a_matched_sham_goes_on_until_its_update_is_as_large(
    stretch: float, takes: int, tmp_path: Path
) -> None:
    """It moves as far as the unlearning run did, unless the stretched budget ends before."""
    base = toys.checkpoint(tmp_path / "base", toys.model())
    norm = unlearn_job().run({"model": base}, tmp_path / "plain", silent)["update_norm"]
    (tmp_path / "plain" / MANIFEST).write_text(
        json.dumps({"detail": {"update_norm": stretch * norm}})
    )
    both = {"model": base, "matched": tmp_path / "plain"}
    detail = unlearn_job().run(both, tmp_path / "out", silent)
    assert detail["matched_norm"] == stretch * norm
    assert abs(detail["steps"] - takes) <= (2 if takes < MOST else 0)
    assert (detail["update_norm"] >= stretch * norm) == (takes < MOST)


def test_jobs_are_values(inputs: Mapping[str, Path]) -> None:
    assert train_job() == train_job() != train_job(1)
    with pytest.raises(dataclasses.FrozenInstanceError):
        train_job().seed = 4  # type: ignore[misc]
