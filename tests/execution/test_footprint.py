"""Memory and disk of a plan: the sizes of models without loading one, and what is not known."""

from __future__ import annotations

from pathlib import Path
from typing import Any, get_args

import pytest

from arena.api.world import DataRoot
from arena.execution.footprint import (
    MIB,
    Weights,
    checkpoints_of,
    from_scratch,
    in_words,
    memory_of,
    weights_of,
)
from arena.scenario.source import Family, FromScratch
from tests.support import toys
from tests.support.plans import by_name, plan

ROOT = DataRoot()
DOSE = "dose={points: 6, first: 0.03, last: 1, prompts: 16, shown: 8}"


@pytest.mark.parametrize("family", get_args(Family))
@pytest.mark.parametrize("size", ["nano", "micro"])
def test_the_weights_of_a_model_from_scratch_are_counted_exactly(family: Any, size: Any) -> None:
    from arena.ml.models import config_of, initialised

    model = initialised(config_of(family, size, 500, 0, 1), 0)
    counted = from_scratch(FromScratch(family=family, size=size, vocabulary=500))
    assert counted.whole == sum(each.numel() for each in model.parameters())


@pytest.mark.parametrize("targets", [None, ("q_proj", "v_proj")])
def test_a_checkpoints_weights_and_adapter_are_read_off_its_files(
    tmp_path: Path, targets: tuple[str, ...] | None
) -> None:
    from arena.ml.models import add_lora, load_model
    from arena.ml.train_config import Adapter

    override = toys.pretrained(tmp_path / "model")
    made = load_model(tmp_path / "model")
    whole = sum(each.numel() for each in made.parameters())
    adapted = add_lora(made, Adapter(rank=4, alpha=8, target_modules=targets))
    trained = sum(each.numel() for each in adapted.parameters() if each.requires_grad)
    chosen = [] if targets is None else ["model.adapter.target_modules=[q_proj, v_proj]"]
    found = weights_of(toys.scenario(override, *chosen), ROOT)
    assert found is not None
    assert (found.whole, found.adapter) == (whole, trained)
    assert found.checkpoint == 4 * trained
    assert found.training == 4 * whole + 16 * trained


def test_files_that_are_not_here_or_are_broken_are_not_guessed(tmp_path: Path) -> None:
    absent = toys.scenario("model={pretrained: nobody/nowhere}")
    assert weights_of(absent, ROOT) is None
    assert memory_of(absent, None, 2) is None
    assert all("not estimated" in line for line in in_words(None, None))
    override = toys.pretrained(tmp_path / "model")
    (file,) = (tmp_path / "model").glob("*.safetensors")
    file.write_bytes(b"\x08\0\0\0\0\0\0\0[1, 2] ]")
    assert weights_of(toys.scenario(override), ROOT) is None


def test_memory_grows_with_the_model_and_with_the_processes_that_train() -> None:
    small, large = Weights(10**6), Weights(10**8)
    plain = toys.scenario("runtime.backend=ray", "numerics.device=cpu")
    one, other = memory_of(plain, small, 1), memory_of(plain, small, 3)
    assert one is not None
    assert other is not None
    assert (one.processes, other.processes) == (2, 4)  # the defender has one of its own
    assert other.whole - one.whole == 2 * (320 * MIB + 16 * 10**6)
    more = memory_of(plain, large, 1)
    assert more is not None
    assert more.worker - one.worker == 16 * (10**8 - 10**6)
    gpu = memory_of(toys.scenario("numerics.device=cuda"), large, 1)
    assert gpu is not None
    assert (gpu.model, gpu.worker < more.worker) == (16 * 10**8, True)
    assert "on the GPU 1.5 GiB per process" in in_words(gpu, 0)[0]
    shared = toys.scenario("runtime.resources={train: {processes: 2}}")
    assert memory_of(shared, large, 1) is None


def test_checkpoints_are_counted_at_most() -> None:
    stages = by_name(plan(DOSE))
    counts = {name: checkpoints_of(node.job) for name, node in stages.items()}
    assert counts["clean base"] == counts["compromised"] == 1
    assert counts["unlearn:lexical"] == 2  # `least` and `most`
    assert counts["clean fine-tune"] == len(stages["clean fine-tune"].job.along.marks) > 2  # type: ignore[attr-defined]
    assert {counts[name] for name in counts if name.startswith(("score", "take", "poison"))} == {0}
    plain = by_name(plan("dose=null"))
    assert checkpoints_of(plain["unlearn:lexical"].job) == 1
