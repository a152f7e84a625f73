"""Parts of a stress run, made apart and merged: the same as one run over all."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from arena import merge, run, stress
from arena.errors import InputError, MachineError
from arena.grid import run as stress_run
from arena.results.reader import read_results
from arena.results.stress import StressResults
from arena.scenario.schema import Scenario
from tests.support import toys
from tests.support.experiments import SIZE

MEASURES = "measures={representations: {prompts: 8}, quiet: {prompts: 8, draws: 2}}"
TRAINING = "{steps: 4, documents: 96, batch_size: 16, learning_rate: 5e-3}"
CELLS = ("sequential", "merged")
# What differs by nature between one run and its parts merged (docs/results.md, Parts).
BY_NATURE = ("seconds", "environment")


def grid(*more: str) -> Scenario:
    return toys.small(
        *SIZE,
        "evaluation.prompts=8",
        "thresholds.installed_asr=0",  # what is not installed is not measured
        "grid={compositions: [sequential, merged]}",
        f"training.sequential={TRAINING}",
        f"training.merged={TRAINING}",
        "controls.shams=0",
        "seeds=[4, 0]",
        MEASURES,
        *more,
    )


@dataclass(frozen=True)
class Parts:
    """Three parts, one killed and gone on with, and the same in one run."""

    parts: tuple[Path, ...]
    whole: Path
    stored: tuple[int, ...]  # stages that the part found when it began, both times


@contextmanager
def dying_after_one_cell() -> Iterator[None]:
    real, done = stress_run.run_settled, []

    def dies(*arguments: Any, **options: Any) -> Any:
        if done:
            raise MachineError("the power failed")
        done.append(real(*arguments, **options))
        return done[0]

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(stress_run, "run_settled", dies)
        yield


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Parts:
    folder = tmp_path_factory.mktemp("parts")
    stored: list[int] = []

    def part(number: int) -> Path:
        out = folder / f"part{number}"
        done = stress(
            grid(),
            part=(number, 3),
            out=out,
            store=folder / ("near" if number == 2 else "far"),
            quiet=True,
            show=lambda outline: not stored.append(outline.stored),
        )
        assert done is not None
        return done.folder

    with dying_after_one_cell(), pytest.raises(MachineError):
        part(2)  # of two cells
    second, first, third = map(part, (2, 1, 3))
    done = stress(grid(), out=folder / "whole", store=folder / "near", quiet=True)
    assert done is not None
    return Parts((first, second, third), done.folder, tuple(stored[:2]))


@pytest.fixture(scope="module")
def merged(made: Parts) -> Path:
    return merge(made.parts[::-1], out=made.whole.parent / "merged", quiet=True).folder


def content(folder: Path) -> Any:
    """results.json without what differs by nature."""
    return _lasting(json.loads((folder / "results.json").read_text()))


def _lasting(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _lasting(each) for key, each in value.items() if key not in BY_NATURE}
    return [_lasting(each) for each in value] if isinstance(value, list) else value


def edited(folder: Path, to: Path, file: str, change: Any) -> Path:
    """A copy of a part with one of its JSON files changed."""
    shutil.copytree(folder, to)
    values = json.loads((to / file).read_text())
    change(values)
    (to / file).write_text(json.dumps(values))
    return to


def record_of(part: Path) -> str:
    """The first record of a part, relative to its folder."""
    return min(str(path.relative_to(part)) for path in part.glob("cells/*/seeds/*.json"))


def test_merged_parts_are_one_run_over_all(made: Parts, merged: Path) -> None:
    assert content(merged) == content(made.whole)
    for cell in CELLS:
        own = Path("cells") / cell
        assert content(merged / own) == content(made.whole / own)
        assert content(merged / own)["measures"].keys() == {"representations", "quiet"}
        for file in ("scenario.yaml", "events.jsonl", "report.html"):
            assert (merged / own / file).is_file()
        for seed in (0, 4):
            samples = own / "samples" / f"{seed}.jsonl.gz"
            assert (merged / samples).read_bytes() == (made.whole / samples).read_bytes()
    results = read_results(merged)
    assert isinstance(results, StressResults)
    assert results.seeds == (4, 0)
    assert results.notes == ()
    assert [cell.status for cell in results.cells] == ["done", "done"]


def test_the_reports_show_the_same(made: Parts, merged: Path) -> None:
    def figures(folder: Path) -> dict[str, str]:
        drawn = {p.relative_to(folder).as_posix(): p.read_text() for p in folder.rglob("*.svg")}
        return {name: text for name, text in drawn.items() if "timeline" not in name}

    assert figures(merged) == figures(made.whole)
    assert len(figures(merged)) > 4


def test_a_part_says_which_it_is_and_holds_a_run(made: Parts) -> None:
    dealt = []
    for number, folder in enumerate(made.parts, 1):
        part = json.loads((folder / "part.json").read_text())
        assert (part["kind"], part["part"], part["of"]) == ("stress", number, 3)
        dealt += [(cell, seed) for cell, seeds in part["cells"].items() for seed in seeds]
        assert (folder / "report.html").is_file()
        (note,) = content(folder)["notes"]
        assert note.startswith(f"part {number} of 3: ")
        assert "arena merge" in (folder / "report.html").read_text()
    assert sorted(dealt) == sorted((cell, seed) for cell in CELLS for seed in (0, 4))


def test_a_killed_part_goes_on_from_the_store(made: Parts) -> None:
    first, again = made.stored
    assert first == 0
    assert again > 0


def test_merged_runs_merge_again(made: Parts, merged: Path, tmp_path: Path) -> None:
    twice = merge([merged, made.parts[0]], out=tmp_path / "twice", quiet=True)
    assert content(twice.folder) == content(made.whole)
    assert twice.told
    assert all("with the same content: one copy is used" in line for line in twice.told)
    assert str(merged) in twice.told[0]
    assert str(made.parts[0]) in twice.told[0]


def test_what_is_missing_is_named(made: Parts, tmp_path: Path) -> None:
    lost = json.loads((made.parts[2] / "part.json").read_text())["cells"]
    with pytest.raises(InputError, match="of 4 cell-seed pairs are missing") as refused:
        merge(made.parts[:2], out=tmp_path / "none", quiet=True)
    for cell, seeds in lost.items():
        assert f"{cell}, seed" in refused.value.message
        assert str(seeds[0]) in refused.value.message
    assert not (tmp_path / "none").exists()
    some = merge(made.parts[:2], out=tmp_path / "some", partial=True, quiet=True)
    (note,) = some.results.notes
    assert all(cell in note for cell in lost)
    assert note in (some.folder / "report.html").read_text()
    whole = merge([some.folder, made.parts[2]], out=tmp_path / "all", quiet=True)
    assert content(whole.folder) == content(made.whole)


def test_an_unfinished_part_is_named(made: Parts, tmp_path: Path) -> None:
    part = shutil.copytree(made.parts[2], tmp_path / "part")
    (part / "results.json").unlink()
    (part / record_of(part)).unlink()
    with pytest.raises(InputError, match=f"{part} is not finished"):
        merge([*made.parts[:2], part], out=tmp_path / "none", quiet=True)


def test_a_seed_with_two_results_is_refused(made: Parts, tmp_path: Path) -> None:
    def flip(values: Any) -> None:
        rate = values["rows"][0]["asr"]["lexical"]
        rate["hits"] = 1 - min(rate["hits"], 1)

    first = made.parts[0]
    other = edited(first, tmp_path / "other", record_of(first), flip)
    with pytest.raises(InputError, match=r"rows\[0\]\.asr\.lexical") as refused:
        merge([*made.parts, other], out=tmp_path / "none", quiet=True)
    assert f"{first} and {other} with different content" in refused.value.message


def test_other_bytes_of_a_measure_are_another_result(made: Parts, tmp_path: Path) -> None:
    other = shutil.copytree(made.parts[0], tmp_path / "other")
    file = next(other.glob("cells/*/seeds/*/*/quiet.json"))
    file.write_text(file.read_text() + " ")
    with pytest.raises(InputError, match="different content: readings"):
        merge([*made.parts, other], out=tmp_path / "none", quiet=True)


def test_parts_of_other_scenarios_and_versions_are_refused(made: Parts, tmp_path: Path) -> None:
    first, second, third = made.parts

    def refuse(part: Path, match: str) -> None:
        with pytest.raises(InputError, match=match):
            merge([first, second, part], out=tmp_path / "none", quiet=True)

    text = (third / "scenario.yaml").read_text().replace("prompts: 8", "prompts: 9")
    other = edited(third, tmp_path / "other", "part.json", lambda part: part.update(scenario="x"))
    (other / "scenario.yaml").write_text(text)
    refuse(other, r"of another scenario than .*evaluation\.prompts")
    record = record_of(third)
    code = edited(third, tmp_path / "code", record, lambda r: r["code"].update(train="0" * 16))
    refuse(code, "another version of the code than .*: train differs")
    left = edited(third, tmp_path / "left", record, lambda r: r.update(scenario="x"))
    refuse(left, "comes from another scenario")
    schema = edited(third, tmp_path / "schema", record, lambda r: r.update(schema_version=1))
    refuse(schema, "schema_version")
    broken = shutil.copytree(third, tmp_path / "broken")
    (broken / record).write_text("{")
    refuse(broken, "is broken")
    refuse(tmp_path / "nowhere", "no such folder")
    refuse(tmp_path, r"holds no part\.json")


def test_other_machines_are_told(made: Parts, tmp_path: Path) -> None:
    third = made.parts[2]

    def elsewhere(values: Any) -> None:
        values["environment"]["cpu"] = "abacus"

    other = edited(third, tmp_path / "other", record_of(third), elsewhere)
    notes = merge([*made.parts[:2], other], out=tmp_path / "all", quiet=True).results.notes
    assert any("the seeds differ in cpu" in note and "abacus" in note for note in notes)


@pytest.mark.slow
def test_runs_of_other_seeds_are_merged(tmp_path: Path) -> None:
    def done(*seeds: int) -> Path:
        scenario = toys.small(
            *SIZE, f"seeds={list(seeds)}", "evaluation.prompts=8", "controls.shams=0",
            "dose={points: 3, first: 0.1, prompts: 8}",
        )  # fmt: skip
        name = "-".join(map(str, seeds))
        return run(scenario, out=tmp_path / name, store=tmp_path / "store", quiet=True).folder

    low, high, both = done(0), done(1), done(0, 1)
    merged = merge([high, low], out=tmp_path / "merged", quiet=True).folder
    assert content(merged) == content(both)
    assert content(merged)["curves"]
    with pytest.raises(InputError, match="one of the folders"):
        merge([low, high], out=low, quiet=True)
