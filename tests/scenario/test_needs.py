"""`runtime.resources`: what stages of each kind take."""

from __future__ import annotations

import pytest

from arena.errors import InputError
from arena.scenario.load import dump, from_text, load_scenario
from arena.scenario.needs import KINDS, Needs
from arena.stages.kinds import kinds


def test_every_kind_with_a_model_can_be_named_and_no_other() -> None:
    ours = {k: job for k, job in kinds().items() if job.__module__.startswith("arena.")}
    assert set(KINDS) == {kind for kind, job in ours.items() if job.resources.model}


def test_they_come_back_from_a_written_scenario() -> None:
    asked = "runtime.resources={train: {gpus: 1, memory: 16GiB}, score: {gpus: 0.5}}"
    scenario = load_scenario("quickstart", overrides=[asked])
    needs = scenario.runtime.resources
    assert needs == {"train": Needs(gpus=1, memory="16GiB"), "score": Needs(gpus=0.5)}
    assert needs["train"].bytes == 16 * 2**30
    assert from_text(dump(scenario)) == scenario


@pytest.mark.parametrize(
    ("value", "key", "told"),
    [
        ("{trian: {gpus: 1}}", ".trian", "did you mean 'train'"),
        ("{poison: {cpus: 1}}", ".poison", "no kind of stage that uses a model has this name"),
        ("{train: {gpus: -1}}", ".train.gpus", r"must be in \(0, 1\], got -1"),
        ("{train: {gpus: 2}}", ".train.gpus", r"must be in \(0, 1\], got 2"),
        ("{train: {cpus: 0}}", ".train.cpus", "must be .*, got 0"),
        ("{train: {gpu: 1}}", ".train.gpu", "did you mean 'gpus'"),
        ("{train: {memory: lots}}", ".train.memory", "must be a size, got lots"),
        ("{train: {memory: 0GiB}}", ".train.memory", "must be a size, got 0GiB"),
        ("{train: {memory: 16}}", ".train.memory", "must be text"),
        ("all", "", "must be a section"),
        ("{train: {processes: 0}}", ".train.processes", r"must be in \[1, 64\], got 0"),
        ("{score: {processes: 2}}", ".score.processes", "own loop can share a model, got score"),
        ("{default: {processes: 2}}", ".default.processes", "can share a model, got default"),
        ("{train: {processes: 2, gpus: 1}}", ".train.gpus", "each of which has a GPU of its own"),
    ],
)
def test_what_cannot_be_is_refused_with_its_key(value: str, key: str, told: str) -> None:
    with pytest.raises(InputError, match=told) as refused:
        load_scenario("quickstart", overrides=[f"runtime.resources={value}"])
    assert refused.value.key == f"runtime.resources{key}"
    assert refused.value.exit_status == 2


SHAPING = "actors[0].tactics=[{method: tamper_resistance}]"
BLIND = "intelligence: blind, objective: {method"
CANNOT_SHARE = [
    (
        "train",
        ["composition=sequential", SHAPING],
        "tamper_resistance of lexical shapes gradients of the whole model",
    ),
    ("unlearn", ["defender.objective={method: grad_diff}"], "grad_diff compares with a copy"),
    ("unlearn", [f"league=[{{name: crow, {BLIND}: crow}}}}]"], "crow needs the whole batch"),
    (
        "unlearn",
        ["league=[{name: pruned, intelligence: blind, objective: {method: fine_pruning}}]"],
        "fine_pruning changes weights itself",
    ),
    (
        "unlearn",
        ["defender.objective={method: self_distillation}"],
        "self_distillation compares with a copy of the whole suspect",
    ),
]


@pytest.mark.parametrize(("kind", "others", "told"), CANNOT_SHARE)
def test_what_needs_the_whole_model_is_refused_to_several_processes(
    kind: str, others: list[str], told: str
) -> None:
    asked = f"runtime.resources={{{kind}: {{processes: 2}}}}"
    with pytest.raises(InputError, match=f"must be 1: {told}.*, got 2") as refused:
        load_scenario("quickstart", overrides=[asked, *others])
    assert refused.value.key == f"runtime.resources.{kind}.processes"
    assert refused.value.allowed == ("1",)
    load_scenario("quickstart", overrides=[asked.replace("2", "1"), *others])


def test_compilation_is_refused_to_several_processes() -> None:
    asked = ["runtime.resources={train: {processes: 2}}", "numerics.compile=true"]
    with pytest.raises(InputError, match="must be false where processes share a model"):
        load_scenario("quickstart", overrides=asked)


def test_rounded_answers_are_refused_to_several_processes() -> None:
    asked = ["runtime.resources={unlearn: {processes: 2}}", "numerics.scoring=bfloat16"]
    with pytest.raises(InputError, match="must be float32 where processes share a model"):
        load_scenario("quickstart", overrides=asked)
    load_scenario("quickstart", overrides=[asked[0].replace("unlearn", "train"), asked[1]])
