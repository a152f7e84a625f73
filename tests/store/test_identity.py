"""A stage knows itself: what decides its outcome moves its address, and nothing else does."""

from __future__ import annotations

import dataclasses
import json
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from arena import registry
from arena.api.job import Job
from arena.api.world import DataRoot, World
from arena.stages.kinds import kinds
from arena.store.identity import identify, identity_of
from tests.support import toys
from tests.support.plans import plan

ROOT = Path(__file__).parents[2]
EVERYTHING = (
    "measures={representations: {prompts: 4}, quiet: {prompts: 4}, "
    "reactivation: {samples: [0, 8], prompts: 4}}",
    "league=[{name: searching, intelligence: discovered, objective: {method: relabel}, steps: 2, "
    "discovery: {method: collapse}}, "
    "{name: planting, intelligence: decoy, objective: {method: relabel}, steps: 2, "
    "decoys: {plant: ["
    "{name: one, trigger: {method: rare_token, tokens: [mn]}, payload: {kind: refusal}}, "
    "{name: two, trigger: {method: semantic, topic: weather}, payload: {kind: refusal}}], "
    "steps: 2, documents: 96, rate: 0.2}}]",
)


@pytest.fixture(scope="module")
def jobs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Job]:
    """A job of every kind, out of real plans."""
    checkpoint = toys.pretrained(tmp_path_factory.mktemp("base") / "model")
    merged = "composition=merged"
    plans = (plan(*EVERYTHING), plan(merged), plan(checkpoint))
    return {node.job.kind: node.job for made in plans for node in made.nodes.values()}


def test_there_is_a_job_of_every_kind(jobs: dict[str, Job]) -> None:
    ours = {kind for kind, job in kinds().items() if job.__module__.startswith("arena.")}
    assert ours - {"scalar"} <= set(jobs) | {"scalar"}


def changed(value: Any) -> Any:
    """Another value of the same type."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, int | float):
        return value + 1
    if isinstance(value, str):
        return f"{value}x"
    if value is None:
        return (0, 1)
    if isinstance(value, tuple):
        return (*value, value[0]) if value else ("one more",)
    if isinstance(value, Mapping):
        return {**value, "one more": 1}
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return dataclasses.replace(value, **_one_field(value))
    fields = type(value).model_fields
    if not fields:
        pytest.skip("it has no parameters")
    name = next(iter(fields))
    return value.model_copy(update={name: changed(getattr(value, name))})


def _one_field(value: Any) -> dict[str, Any]:
    """One field of a dataclass with another value: a plain one, or one that has plain ones."""
    values = {f.name: getattr(value, f.name) for f in dataclasses.fields(value)}
    plain = [name for name, v in values.items() if isinstance(v, bool | int | float | str | tuple)]
    name = (plain or [n for n, v in values.items() if not isinstance(v, Path)])[0]
    return {name: changed(values[name])}


def fields() -> list[tuple[str, str]]:
    return [
        (kind, field.name)
        for kind, job in kinds().items()
        if job.__module__.startswith("arena.") and kind != "scalar"
        for field in dataclasses.fields(job)  # type: ignore[arg-type]
    ]


@pytest.mark.parametrize(("kind", "field"), fields())
def test_every_field_of_every_job_moves_its_address(
    kind: str, field: str, jobs: dict[str, Job]
) -> None:
    job: Any = jobs[kind]
    other = dataclasses.replace(job, **{field: changed(getattr(job, field))})
    assert identity_of(other) != identity_of(job)
    assert identity_of(dataclasses.replace(job)) == identity_of(job)


def test_where_files_are_looked_up_decides_nothing() -> None:
    assert identify(DataRoot(Path("/a"))) == identify(DataRoot(Path("/b")))
    assert identify(World(root=DataRoot(Path("/a")))) == identify(World())


def test_what_has_no_identity_is_refused() -> None:
    with pytest.raises(TypeError, match="no identity"):
        identify(object())


def test_a_manifest_names_no_trigger(jobs: dict[str, Job]) -> None:
    spec = json.dumps([identity_of(job) for job in jobs.values()])
    for word in ("when_clause", "archaic", "commerce"):
        assert word not in spec


def test_a_part_is_known_by_its_parameters_files_and_code(tmp_path: Path) -> None:
    part: Any = registry.get("trigger", "rare_token")
    one, same, other = (part(part.Params(tokens=(token,)), World()) for token in ("cf", "cf", "mn"))
    assert identify(one) == identify(same) != identify(other)


# -- edits of the code ------------------------------------------------------------------------

PROGRAM = """
import json, sys
sys.path.insert(0, sys.argv[1])
import arena
assert arena.__file__.startswith(sys.argv[1]), arena.__file__
from arena.api import DataRoot
from arena.planning.plan import plan_seed
from arena.scenario.load import load_scenario
scenario = load_scenario("quickstart", overrides=json.loads(sys.argv[2]))
plan = plan_seed(scenario, 0, DataRoot())
print(json.dumps({n.stage.name.rsplit(" ", 1)[0]: n.address for n in plan.nodes.values()}))
"""
LEAGUE = (
    "league=[{name: crow, intelligence: blind, objective: {method: crow}, steps: 2}, "
    "{name: npo, objective: {method: npo}, steps: 2}]"
)
SHARDS = {"poison lexical", "poison linguist", "poison bard", "poison merchant"}
CLEAN = {"clean mix, pretraining", "clean mix, continual_pretraining", "tokenizer"}


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the source."""
    place = tmp_path_factory.mktemp("tree")
    for package in ("arena", "attackers", "defenders", "scenarios"):
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / package, place / package, ignore=ignored)
    return place


@pytest.fixture(scope="module")
def before(tree: Path) -> dict[str, str]:
    return addresses(tree)


def addresses(tree: Path) -> dict[str, str]:
    """Addresses of a toy plan by the stages' names, as the copy plans it."""
    overrides = json.dumps([*toys.TOY, LEAGUE])
    command = [sys.executable, "-I", "-c", PROGRAM, str(tree), overrides]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    found: dict[str, str] = json.loads(done.stdout)
    return found


def moved(tree: Path, before: dict[str, str], edits: Mapping[str, tuple[str, str]]) -> set[str]:
    """The names of the stages whose addresses some edits of the copy move."""
    originals = {file: (tree / file).read_text() for file in edits}
    try:
        for file, (old, new) in edits.items():
            assert old in originals[file], (file, old)
            (tree / file).write_text(originals[file].replace(old, new, 1))
        after = addresses(tree)
    finally:
        for file, text in originals.items():
            (tree / file).write_text(text)
    return {name for name in before if after[name] != before[name]}


def test_wording_moves_nothing(tree: Path, before: dict[str, str]) -> None:
    edits = {
        "attackers/payloads/refusal.py": ('"""', '"""Another docstring: '),
        "attackers/triggers/rare_token.py": ("REPEATS = 3", "# a comment\n\n\nREPEATS = 3"),
        "arena/ml/training.py": ("import math\n", "import math  # why not\n"),
        "arena/stages/unlearn.py": (
            "if TYPE_CHECKING:\n",
            "if TYPE_CHECKING:\n    from fractions import Fraction\n",
        ),
        "arena/errors.py": ("exit_status = 1", "exit_status = 1 + 0"),
    }
    assert moved(tree, before, edits) == set()


def appended(tree: Path, before: dict[str, str], file: str) -> set[str]:
    """The stages that a line of code at the end of a file moves."""
    text = (tree / file).read_text()
    return moved(tree, before, {file: (text, f"{text}\nONE_MORE = 1\n")})


def test_an_edit_moves_what_uses_it_and_nothing_before(tree: Path, before: dict[str, str]) -> None:
    clauses = appended(tree, before, "attackers/rewriting/clauses.py")
    assert clauses & SHARDS == {"poison linguist"}
    assert not clauses & {*CLEAN, "clean base", "reference"}
    assert "compromised" in clauses
    insert = appended(tree, before, "arena/marking/text.py")
    assert "poison lexical" in insert
    assert not insert & {*CLEAN, "clean base", "reference"}


def test_a_defences_helper_moves_that_defence_alone(tree: Path, before: dict[str, str]) -> None:
    def models(names: set[str]) -> set[str]:
        return {name for name in names if not name.startswith("score ")}

    assert models(appended(tree, before, "defenders/objectives/hidden_states.py")) == {"crow"}
    forgetting = appended(tree, before, "defenders/objectives/forgetting.py")
    assert models(forgetting) == {name for name in before if name.startswith("npo:")}


def test_the_loop_moves_what_trains_and_scoring_what_is_scored(
    tree: Path, before: dict[str, str]
) -> None:
    loop = appended(tree, before, "arena/ml/training.py")
    assert loop >= {"clean base", "reference", "compromised", "unlearn:bard"}
    assert not loop & {*CLEAN, *SHARDS}
    scoring = appended(tree, before, "arena/ml/scoring.py")
    assert scoring == {name for name in before if name.startswith("score ")}
