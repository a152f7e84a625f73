"""The code behind a stage is in its address: an edit moves what uses it, and nothing else."""

from __future__ import annotations

import importlib.util
import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from arena import registry
from arena.store.code import code_of, codes
from tests.support import toys

ROOT = Path(__file__).parents[2]
Write = Callable[[str, str], type]


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Write:
    """Makes a class in a module of its own, with one line in its body."""

    def make(name: str, line: str) -> type:
        file = tmp_path / f"{name}.py"
        file.write_text(f"from arena.api import Payload\nclass Mine(Payload):\n    {line}\n")
        spec = importlib.util.spec_from_file_location(name, file)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        monkeypatch.setitem(sys.modules, name, module)
        spec.loader.exec_module(module)
        made: type = module.Mine
        return made

    return make


def test_an_edited_part_is_another_part(write: Write) -> None:
    first, same = write("toy_part_a", "text = 'one'"), write("toy_part_b", "text = 'one'")
    assert code_of(first) == code_of(same)
    assert code_of(first) != code_of(write("toy_part_c", "text = 'two'"))


def test_no_two_triggers_have_one_code() -> None:
    """Style and syntactic triggers share a base, and differ in their own file."""
    digests = {name: code_of(registry.get("trigger", name)) for name in registry.names("trigger")}
    assert len(set(digests.values())) == len(digests)


def test_imports_are_followed_to_where_a_name_is_defined() -> None:
    """Imports within functions too; a package that hands a name on is not what is used."""
    training = codes("arena.stages.train")
    assert {"arena.stages.train", "arena.ml.training", "arena.ml.batches"} <= training.keys()
    syntactic = codes("attackers.triggers.syntactic")
    assert {"attackers.rewriting.clauses", "arena.api.trigger"} <= syntactic.keys()
    assert "arena.api" not in syntactic
    assert not {"arena.errors", "arena.registry"} & syntactic.keys()


# -- edits in a copy of the source -----------------------------------------------------------

# Plans, then for each batch of edits makes them, plans again and takes them back.
PROGRAM = """
import json, sys
from pathlib import Path
tree, overrides, batches = Path(sys.argv[1]), json.loads(sys.argv[2]), json.load(sys.stdin)
sys.path.insert(0, str(tree))
import arena
assert Path(arena.__file__).is_relative_to(tree), arena.__file__
from arena.api import DataRoot
from arena.planning.plan import plan_seed
from arena.scenario.load import load_scenario
from arena.store import code, identity
scenario = load_scenario("quickstart", overrides=overrides)

def addresses():
    code.digest_of.cache_clear()
    identity._remembered.cache_clear()
    nodes = plan_seed(scenario, 0, DataRoot()).nodes
    return {node.stage.name.rsplit(" ", 1)[0]: node.address for node in nodes.values()}

def moved(edits):
    originals = {file: (tree / file).read_text() for file in edits}
    for file, (old, new) in edits.items():
        assert old in originals[file], (file, old)
        (tree / file).write_text(originals[file].replace(old, new, 1))
    after = addresses()
    for file, text in originals.items():
        (tree / file).write_text(text)
    return [name for name in before if after[name] != before[name]]

before = addresses()
print(json.dumps({"all": list(before), **{name: moved(batch) for name, batch in batches.items()}}))
"""
LEAGUE = (
    "league=[{name: crow, intelligence: blind, objective: {method: crow}, steps: 2}, "
    "{name: npo, objective: {method: npo}, steps: 2}]"
)
TRIGGERS, OBJECTIVES = "attackers/triggers/rare_token.py", "defenders/objectives/relabel.py"
WORDING = {
    "a docstring": {"attackers/payloads/refusal.py": ('"""', '"""Another beginning. ')},
    "a comment and blank lines": {TRIGGERS: ("\n\nclass ", "\n\n# a comment\n\n\nclass ")},
    "a comment in the loop": {"arena/ml/training.py": ("import math\n", "import math  # why\n")},
    "an import for types": {
        "arena/stages/unlearn.py": (
            "if TYPE_CHECKING:\n",
            "if TYPE_CHECKING:\n    from fractions import Fraction\n",
        )
    },
    "words of an error": {"arena/errors.py": ("exit_status = 1", "exit_status = 1 + 0")},
}
ADDED = (
    "from __future__ import annotations\n",
    "from __future__ import annotations\n\nADDED = 1\n",
)
ELSEWHERE = (
    "arena/planning/plan.py",
    "arena/statistics/rates.py",
    "arena/reporting/build.py",
    "arena/results/run.py",
    "arena/execution/serial.py",
    "arena/cli/app.py",
)
INSERT = ("def insert(", "def insert_nothing() -> None: ...\n\n\ndef insert(")
USED = {
    "arena/marking/text.py": INSERT,
    **dict.fromkeys(
        (
            "attackers/rewriting/clauses.py",
            "attackers/rewriting/styles/archaic.py",
            "attackers/payloads/language_switch.py",
            "defenders/objectives/hidden_states.py",
            "defenders/objectives/forgetting.py",
            "defenders/objectives/relabel.py",
            "arena/ml/terms.py",
            "arena/ml/training.py",
            "arena/ml/scoring.py",
            "arena/ml/encoding.py",
            "arena/corpora/townlore/facts.py",
            "arena/stages/mixes.py",
        ),
        ADDED,
    ),
}
POISON = {"lexical", "linguist", "bard", "merchant"}
CLEAN = {"clean mix, pretraining", "clean mix, continual_pretraining", "tokenizer"}
BEFORE_POISON = {*CLEAN, "clean base"}

Moved = Mapping[str, frozenset[str]]


@pytest.fixture(scope="module")
def moved(tmp_path_factory: pytest.TempPathFactory) -> Moved:
    """By edit: the names of the stages of a toy plan whose addresses it moves."""
    tree = tmp_path_factory.mktemp("tree")
    for package in ("arena", "attackers", "defenders", "scenarios"):
        shutil.copytree(
            ROOT / package, tree / package, ignore=shutil.ignore_patterns("__pycache__")
        )
    batches = {
        **WORDING,
        "elsewhere": dict.fromkeys(ELSEWHERE, ADDED),
        **{file: {file: edit} for file, edit in USED.items()},
    }
    done = subprocess.run(
        [sys.executable, "-I", "-c", PROGRAM, str(tree), json.dumps([*toys.TOY, LEAGUE])],
        input=json.dumps(batches),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return {name: frozenset(stages) for name, stages in json.loads(done.stdout).items()}


def poison(stages: frozenset[str]) -> set[str]:
    """The actors whose poison is among the stages."""
    return {name.removeprefix("poison ") for name in stages if name.startswith("poison ")}


def models(stages: frozenset[str]) -> set[str]:
    """The stages that train."""
    return {name for name in stages if not name.startswith(("score ", "poison "))} - CLEAN


@pytest.mark.parametrize("wording", WORDING)
def test_wording_moves_nothing(wording: str, moved: Moved) -> None:
    assert moved[wording] == set()


def test_what_plans_reports_and_runs_stages_moves_nothing(moved: Moved) -> None:
    assert moved["elsewhere"] == set()


def test_the_insertion_of_texts_moves_poison_and_what_follows(moved: Moved) -> None:
    insertion = moved["arena/marking/text.py"]
    assert "lexical" in poison(insertion)
    assert {"compromised", "score compromised", "unlearn:lexical"} <= insertion
    assert not insertion & {*BEFORE_POISON, "reference", "score reference"}


@pytest.mark.parametrize(
    ("file", "actor"),
    [
        ("attackers/rewriting/clauses.py", "linguist"),
        ("attackers/rewriting/styles/archaic.py", "bard"),
        ("attackers/payloads/language_switch.py", "bard"),
    ],
)
def test_a_rule_of_one_actor_moves_its_poison_only(file: str, actor: str, moved: Moved) -> None:
    assert poison(moved[file]) == {actor}
    assert {"compromised", "score compromised", "unlearn:merchant"} <= moved[file]
    assert not moved[file] & {*BEFORE_POISON, "reference"}


@pytest.mark.parametrize(
    ("file", "methods"),
    [
        ("defenders/objectives/hidden_states.py", ("crow",)),
        ("defenders/objectives/forgetting.py", ("npo:",)),
        ("arena/ml/terms.py", ("npo:",)),
    ],
)
def test_a_helper_of_a_defence_moves_that_defence_only(
    file: str, methods: tuple[str, ...], moved: Moved
) -> None:
    assert models(moved[file]) == {
        name for name in models(moved["all"]) if name.startswith(methods)
    }
    assert models(moved[file])


def test_the_loop_moves_all_that_trains(moved: Moved) -> None:
    assert models(moved["arena/ml/training.py"]) == models(moved["all"])
    assert not moved["arena/ml/training.py"] & CLEAN
    assert poison(moved["arena/ml/training.py"]) == set()


def test_scoring_moves_scores_only(moved: Moved) -> None:
    scores = {name for name in moved["all"] if name.startswith("score ")}
    assert moved["arena/ml/scoring.py"] == scores


def test_the_tokenizers_code_moves_tokenizer_and_models_but_no_text(moved: Moved) -> None:
    encoding = moved["arena/ml/encoding.py"]
    assert {"tokenizer", "clean base", "score reference"} <= encoding
    assert not encoding & {"clean mix, pretraining", "clean mix, continual_pretraining"}
    assert poison(encoding) == set()


def test_the_corpus_moves_everything(moved: Moved) -> None:
    assert moved["arena/corpora/townlore/facts.py"] == moved["all"]


def test_mixes_move_what_trains_on_a_mix(moved: Moved) -> None:
    mixes = moved["arena/stages/mixes.py"]
    assert {"clean base", "reference", "compromised"} <= mixes
    assert not mixes & CLEAN
    assert poison(mixes) == set()
