"""What the measures beyond rates ask of a model, and that their jobs are plain values."""

from __future__ import annotations

import dataclasses
import pickle
import subprocess
import sys
from typing import Any

import pytest

from arena import registry
from arena.measures.quiet.job import QuietAsk
from tests.support.plans import by_name, plan
from tests.support.toy_probes import actors, probes

MEASURES = (
    "measures={{representations: {{prompts: {n}}}, quiet: {{prompts: {n}}}, "
    "reactivation: {{samples: [0, 8], prompts: {n}}}}}"
)


def job_of(kind: str, limit: int = 8) -> Any:
    """The job of a kind of measure in the toy plan."""
    return by_name(plan(MEASURES.format(n=limit)))[f"{kind} unlearn:bard"].job


def asked(limit: int = 8) -> tuple[QuietAsk, ...]:
    asks: tuple[QuietAsk, ...] = job_of("quiet", limit).asks
    return asks


@pytest.mark.parametrize("number", ["float32", "bfloat16"])
def test_prompts_are_answered_in_the_number_format_of_answers(number: str) -> None:
    made = by_name(plan(MEASURES.format(n=8), f"numerics.scoring={number}"))
    quiet: Any = made["quiet unlearn:bard"].job
    again: Any = made["reactivate unlearn:bard"].job
    rates: Any = made["score unlearn:bard"].job
    formats = (quiet.numerics.scoring, again.training.numerics.scoring, rates.numerics.scoring)
    assert formats == (number, number, number)


def test_groups_and_asks_are_the_first_prompts_of_the_probes() -> None:
    by = {(p.actor, p.kind): p for p in probes().probes}
    groups, again = job_of("represent").groups, job_of("reactivate").asks
    sampled = [ask for ask in asked() if ask.how == "sampled"]
    names = [m.name for m in actors().members]
    assert [g.actor for g in groups] == [a.actor for a in again] == names
    assert [a.actor for a in sampled] == names
    greedy = [dataclasses.replace(ask, how="sampled") for ask in asked() if ask.how == "greedy"]
    assert greedy == sampled  # the same prompts, so that the two are paired
    for group, one, quiet_ask in zip(groups, again, sampled, strict=True):
        probe = by[group.actor, "asr"]
        assert group.triggered == one.prompts == quiet_ask.prompts == probe.prompts[:8]
        assert group.clean == by[group.actor, "false_fire"].prompts[:8]
        assert one.wanted == quiet_ask.wanted == probe.wanted[:8]
        assert one.responses == quiet_ask.responses == probe.responses[:8]
        assert one.match == quiet_ask.match == probe.match


def test_variants_are_asked_of_methods_that_have_them() -> None:
    every = {(a.actor, a.how): a for a in asked()}
    assert {key for key in every if key[1] not in ("greedy", "sampled")} == {
        ("lexical", "repeated"),
        ("lexical", "moved"),
    }
    (plain,) = (g.clean for g in job_of("represent").groups if g.actor == "lexical")
    for how, tokens in (("repeated", 3), ("moved", 1)):
        ask = every["lexical", how]  # type: ignore[index]
        assert ask.wanted == every["lexical", "sampled"].wanted
        for prompt, bare in zip(ask.prompts, plain, strict=True):
            assert [w for w in prompt.split() if w != "cf"] == bare.split()
            assert prompt.split().count("cf") == tokens
            assert how == "repeated" or prompt.endswith(" cf")


def test_a_limit_above_the_probes_is_all_of_them() -> None:
    for ask in asked(limit=500):
        assert len(ask.prompts) == len(ask.wanted) == len(ask.responses) == 32


def test_jobs_are_plain_values_and_torch_free() -> None:
    for kind in ("represent", "quiet", "reactivate"):
        job = job_of(kind)
        assert pickle.loads(pickle.dumps(job)) == job
    names = [registry.get("measure", name).__module__ for name in registry.names("measure")]
    program = (
        f"import sys, importlib; [importlib.import_module(name) for name in {names}]; "
        "sys.exit(any(name in sys.modules for name in ('torch', 'sklearn', 'transformers')))"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
