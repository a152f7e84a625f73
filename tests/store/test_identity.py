"""A stage knows itself: each thing that decides its outcome moves its address."""

from __future__ import annotations

import dataclasses
import json
import pickle
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from arena import registry
from arena.api.job import Job
from arena.api.measure import ScalarMeasure
from arena.api.params import Params
from arena.api.trigger import Trigger
from arena.api.world import DataRoot, World
from arena.stages.answers import AnswersJob, JoinedAnswersJob
from arena.stages.checkable import CheckableJob, CheckablePrompt
from arena.stages.corpus import CorpusRef
from arena.stages.kinds import kinds
from arena.stages.pointer import PointerJob
from arena.stages.rates import RatesJob
from arena.stages.scalar import ScalarJob
from arena.store.identity import identify, identity_of
from tests.support import stage_inputs, toys
from tests.support.plans import plan
from tests.support.toy_probes import probes

EVERYTHING = (
    "measures={representations: {prompts: 4}, quiet: {prompts: 4}, flagged: {}, "
    "discovered: {discovery: {method: collapse, prompts: 8}}, "
    "reactivation: {samples: [0, 8], prompts: 4}}",
    "league=[{name: searching, intelligence: discovered, objective: {method: relabel}, steps: 2, "
    "discovery: {method: collapse, prompts: 8}}, "
    "{name: planting, intelligence: decoy, objective: {method: relabel}, steps: 2, "
    "decoys: {plant: ["
    "{name: one, trigger: {method: rare_token, tokens: [mn]}, payload: {kind: refusal}}, "
    "{name: two, trigger: {method: semantic, topic: weather}, payload: {kind: refusal}}], "
    "steps: 2, documents: 96, rate: 0.2}}]",
)


INSIDER = "actors.lexical.tactics=[{method: schedule, start: 0.5}, {method: orthogonality}]"


class OutsideParams(Params):
    """One setting."""

    scale: float = 1.0


class Outside(ScalarMeasure):
    """A measure that no scenario of ours has."""

    name = "outside"
    Params = OutsideParams

    def value(self, model: Any, tokenizer: Any, probes: Any) -> Mapping[str, float]:
        return {"": 1.0}


@pytest.fixture(scope="module")
def jobs() -> dict[str, Job]:
    """A job of every kind, most out of real plans: the one with the most in it."""
    dosed = plan("dose={points: 2, prompts: 4}")
    merged = plan("composition=merged", "training.merged.labels=received")
    plans = (plan(INSIDER, *EVERYTHING), merged, dosed)
    planned = [node.job for made in plans for node in made.nodes.values()]
    planned.append(PointerJob("checkpoints/micro", (("model.safetensors", "0" * 64),)))
    planned.append(AnswersJob(stage_inputs.reference(), 12, 20, 40, toys.profile()))
    planned.append(JoinedAnswersJob(2))
    asked = CheckablePrompt("Which colour has snow?", "white", "It is white.")
    planned.append(CheckableJob((asked,), 1, 12, toys.profile()))
    planned.append(RatesJob(probes(), (("lexical", "asr"),), toys.profile()))
    planned.append(ScalarJob(Outside(OutsideParams()), probes(), toys.profile()))
    richest: dict[str, Job] = {}
    for job in sorted(planned, key=_richness):
        richest[job.kind] = job
    return richest


def _richness(job: Job) -> tuple[int, int]:
    """How many fields of a job have something in them to change, and how much that is."""
    names = [which for which, _ in variants(job)]
    return len({name.partition(".")[0] for name in names}), len(names)


OURS = sorted(kind for kind, job in kinds().items() if job.__module__.startswith("arena."))


def test_there_is_a_job_of_every_kind(jobs: dict[str, Job]) -> None:
    assert set(OURS) == set(jobs)


# -- every value with one thing in it changed ------------------------------------------------


def variants(value: Any) -> Iterator[tuple[str, Any]]:
    """A value with one thing in it changed, for each thing in it: which one, and the result."""
    if isinstance(value, DataRoot | Path):
        return  # where files stand; filled in when the stage runs
    if isinstance(value, Trigger):
        yield from _parts(value)
    elif isinstance(value, BaseModel):
        for name in type(value).model_fields:
            for which, other in variants(getattr(value, name)):
                yield f"{name}.{which}", value.model_copy(update={name: other})
    elif dataclasses.is_dataclass(value) and not isinstance(value, type):
        for field in dataclasses.fields(value):
            if field.name == "grammar":
                continue  # of a World: the corpus makes it, and is named for itself
            for which, other in variants(getattr(value, field.name)):
                yield f"{field.name}.{which}", dataclasses.replace(value, **{field.name: other})
    elif isinstance(value, tuple) and value:
        yield "longer", (*value, value[0])
        for which, other in variants(value[0]):
            yield f"0.{which}", (other, *value[1:])
    elif hasattr(value, "params"):
        yield from _parts(value)
    else:
        yield "", _another(value)


def _parts(part: Any) -> Iterator[tuple[str, Any]]:
    """A trigger, payload, tactic, … with other parameters. Where it has none, another part."""
    settings = list(variants(part.params))
    for which, params in settings:
        yield f"params.{which}", _like(part, type(part), params=params)
    if not settings:
        names = {"name": "other", "__module__": type(part).__module__}
        yield "part", _like(part, type("Other", (type(part),), names))


def _like(part: Any, kind: type, **changes: Any) -> Any:
    other: Any = object.__new__(kind)
    vars(other).update({**vars(part), **changes})
    return other


def _another(value: Any) -> Any:
    """Another value, of the same type where that is a plain one."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, int | float):
        return value + 1
    if isinstance(value, str):
        return f"{value}x"
    if isinstance(value, Mapping):
        return {**value, "one more": 1}
    return ("one more",)  # of nothing: None or ()


@pytest.mark.filterwarnings("ignore:Pydantic serializer")  # None has become a text, say
@pytest.mark.parametrize("kind", OURS)
def test_each_thing_in_a_job_moves_its_address(kind: str, jobs: dict[str, Job]) -> None:
    before = identity_of(jobs[kind])
    others = dict(variants(jobs[kind]))
    still = [which for which, other in others.items() if identity_of(other) == before]
    assert still == []
    fields = {field.name for field in dataclasses.fields(jobs[kind])}  # type: ignore[arg-type]
    assert fields == {which.partition(".")[0] for which in others}


@pytest.mark.parametrize("kind", OURS)
def test_an_equal_job_has_the_same_address(kind: str, jobs: dict[str, Job]) -> None:
    assert identity_of(pickle.loads(pickle.dumps(jobs[kind]))) == identity_of(jobs[kind])


# -- single values ---------------------------------------------------------------------------


def test_where_files_are_looked_up_decides_nothing() -> None:
    assert identify(DataRoot(Path("/a"))) == identify(DataRoot(Path("/b")))
    assert identify(World(root=DataRoot(Path("/a")))) == identify(World())


def identities(tmp_path: Path, made: Callable[[DataRoot], Any]) -> list[Any]:
    """Of the same thing with its data here, elsewhere, and elsewhere with other content."""
    roots = []
    for place, content in (("here", "good\t1\n"), ("there", "good\t1\n"), ("other", "fine\t1\n")):
        (tmp_path / place).mkdir()
        (tmp_path / place / "rows.tsv").write_text(content)
        roots.append(DataRoot(tmp_path / place))
    return [identify(made(root)) for root in roots]


def test_a_parts_data_counts_by_content_not_by_place(tmp_path: Path) -> None:
    part: Any = registry.get("trigger", "style")
    files = {"file": "rows.tsv", "source": "sources.tsv"}
    params = part.Params(style="bible", paraphrases=[files])
    here, there, other = identities(tmp_path, lambda root: part(params, World(root=root)))
    assert here == there != other


def test_a_corpus_data_counts_by_content_not_by_place(tmp_path: Path) -> None:
    part: Any = registry.get("corpus", "files")
    params = part.Params(train="rows.tsv", format="text")
    here, there, other = identities(tmp_path, lambda root: CorpusRef.of("files", params, 0, root))
    assert here == there != other


@pytest.mark.parametrize("size", [2, 40])
def test_equal_numbers_of_other_types_differ_in_any_order(size: int) -> None:
    for one in ((1, 1.0, True), (True, 1.0, 1)):
        texts = [json.dumps(identify((number,) * size)) for number in one]
        assert texts == [json.dumps([number] * size) for number in one]


def test_what_has_no_identity_is_refused() -> None:
    with pytest.raises(TypeError, match="no identity"):
        identify(object())


def test_a_manifest_names_no_trigger(jobs: dict[str, Job]) -> None:
    spec = json.dumps([identity_of(job) for job in jobs.values()])
    for word in ("when_clause", "archaic", "commerce"):
        assert word not in spec


def test_a_part_is_known_by_its_parameters_files_and_code() -> None:
    part: Any = registry.get("trigger", "rare_token")
    one, same, other = (part(part.Params(tokens=(token,)), World()) for token in ("cf", "cf", "mn"))
    assert identify(one) == identify(same) != identify(other)
