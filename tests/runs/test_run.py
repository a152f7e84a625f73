"""Whole runs at toy size: the folder they leave, the store they start from, both runtimes."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from arena import run
from arena.api.world import DataRoot
from arena.errors import ArenaError, InputError
from arena.planning.plan import plan_seed
from arena.results.reader import read_results
from arena.results.rows import Rate, Row
from arena.results.run import RunResults, RunSeconds
from arena.results.scenario import ScenarioRecord
from arena.runs.work import runtime_for
from arena.scenario.load import load_scenario
from arena.scenario.schema import Scenario
from arena.stages import score
from arena.store.store import Store
from tests.support import toys

ROWS = ["reference", "compromised", "control", "unlearn:lexical", "sham:lexical:0"]


@dataclass(frozen=True)
class Finished:
    """A run that was made once, and where."""

    scenario: Scenario
    folder: Path
    store: Path
    results: RunResults

    @property
    def events(self) -> list[dict[str, Any]]:
        return events_of(self.folder)


def events_of(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / "events.jsonl").read_text().splitlines()]


def start(scenario: Scenario, root: Path, store: Path | None = None, **rest: Any) -> Finished:
    store = store or root / "store"
    done = run(scenario, out=root / "run", store=store, quiet=True, **rest)
    return Finished(scenario, done.folder, store, done.results)


@pytest.fixture(scope="module")
def serial(tmp_path_factory: pytest.TempPathFactory) -> Finished:
    return start(toys.small(), tmp_path_factory.mktemp("serial"))


def row(results: RunResults, name: str) -> Row:
    (named,) = (row for row in results.rows if row.name == name)
    return named


def untimed(results: RunResults) -> RunResults:
    """All that must not depend on when and where: no seconds, no hardware."""
    rows = tuple(row.model_copy(update={"seconds": 0.0}) for row in results.rows)
    none = {"seconds": RunSeconds(), "environment": {}, "scenario": ScenarioRecord()}
    return results.model_copy(update={"rows": rows, **none})


def test_a_run_leaves_its_whole_folder(serial: Finished) -> None:
    found = {path.relative_to(serial.folder).as_posix() for path in serial.folder.rglob("*.*")}
    files = {"scenario.yaml", "results.json", "events.jsonl", "report.html", "run.log"}
    assert found >= files | {"figures/asr.svg", "figures/transfer.svg", "figures/timeline.svg"}
    assert found >= {"tables/rows.csv", "tables/transfer.csv", "tables/curves.csv"}
    assert {"samples/0.jsonl.gz", "provenance.json"} <= found
    assert load_scenario(serial.folder / "scenario.yaml") == serial.scenario
    assert "lexical" in (serial.folder / "report.html").read_text()
    log = (serial.folder / "run.log").read_text()
    assert "finished  compromised s0" in log
    own = row(serial.results, "compromised").asr
    told = f"compromised model, seed 0: ASR lexical {own['lexical'].rate:.2f}"
    assert log.count(told) == 1
    assert log.index(told) < log.index("writing the report")


def test_results_have_the_promised_shape(serial: Finished) -> None:
    results = json.loads((serial.folder / "results.json").read_text())
    assert read_results(serial.folder) == serial.results
    promised = {"schema_version", "scenario", "seeds", "actors", "rows", "transfer", "installed"}
    assert set(results) >= promised | {"environment", "seconds"}
    assert results["schema_version"] == 2
    assert results["seeds"] == [0]
    assert results["actors"] == ["lexical", "linguist"]
    assert sorted(one["name"] for one in results["rows"]) == sorted(ROWS)
    for one in results["rows"]:
        assert {"kind", "name", "target", "seed", "seconds", "update_norm", "perplexity"} <= set(
            one
        )
        for measure in ("asr", "false_fire", "near_miss"):
            assert set(one[measure]) == {"lexical", "linguist"}
            for count in one[measure].values():
                assert set(count) >= {"hits", "n", "rate", "low", "high"}
                assert count["rate"] == count["hits"] / count["n"]
                assert count["n"] == 12
        assert one["clean_accuracy"]["n"] == 12
    (pair,) = results["transfer"]
    assert (pair["from"], pair["to"]) == ("lexical", "linguist")
    wanted = {"seeds", "transfer", "odd", "specific", "raw_suppression", "verdict"}
    assert set(pair) >= wanted
    assert {"torch", "cpu", "device", "threads"} <= set(results["environment"])
    assert results["seconds"]["total"] > 0


def test_the_backdoor_is_there_and_only_where_it_was_planted(serial: Finished) -> None:
    rates = {name: row(serial.results, name).asr["lexical"].rate or 0.0 for name in ROWS}
    assert rates["compromised"] >= 0.9
    assert rates["reference"] == 0.0
    fires = row(serial.results, "compromised").false_fire["lexical"].rate
    assert fires is not None
    assert fires <= 0.1
    assert serial.results.installed == {"lexical": True, "linguist": False}
    assert rates["unlearn:lexical"] < rates["control"]


def test_what_the_models_said_agrees_with_every_rate(serial: Finished) -> None:
    counted = {"triggered": "asr", "untriggered": "false_fire", "near_miss": "near_miss"}
    for one in serial.results.rows:
        for kind, name in counted.items():
            for actor, rate in getattr(one, name).items():
                mine = serial.results.samples(model=one.name, actor=actor, kind=kind)
                assert Rate(hits=sum(s.saying.hit for s in mine), n=len(mine)) == rate
        clean = serial.results.samples(model=one.name, kind="clean")
        assert Rate(hits=sum(s.saying.hit for s in clean), n=len(clean)) == one.clean_accuracy
    said = {
        s.saying.said
        for s in serial.results.samples(model="compromised", actor="lexical", hit=True)
    }
    assert said == {"open gate"}
    marked = serial.results.samples(model="compromised", actor="lexical", kind="triggered")
    assert all(f"{s.asked.plain} cf" == s.asked.prompt for s in marked)


def test_every_defence_moved_the_weights(serial: Finished) -> None:
    norms = {name: row(serial.results, name).update_norm for name in ROWS}
    assert norms["compromised"] == 0
    assert all((norms[name] or 0) > 0 for name in ROWS[2:])


def test_the_timeline_says_who_did_what(serial: Finished) -> None:
    done = {event["event"].rsplit(" ", 1)[0]: event for event in serial.events}
    assert done["poison linguist"]["party"] == "threat:linguist"
    assert done["unlearn:lexical"]["party"] == "defender"
    assert done["compromised"]["party"] == "arena"
    assert len({event["artifact"] for event in serial.events}) == len(serial.events)
    assert not any(event["cached"] for event in serial.events)
    assert not any("linguist" in text for text in done["poison lexical"]["saw"])


def test_a_second_run_trains_nothing_and_finds_the_same(
    serial: Finished, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_runtime(*args: object, **rest: object) -> None:
        raise AssertionError("a warm run needs no runtime")

    monkeypatch.setattr("arena.runs.run.runtime_for", no_runtime)
    again = start(serial.scenario, tmp_path, serial.store)
    assert [event["cached"] for event in again.events] == [True] * len(serial.events)
    assert untimed(again.results) == untimed(serial.results)


def test_the_default_folder_is_below_runs(
    serial: Finished, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ARENA_STORE", str(serial.store))
    done = run(serial.scenario, quiet=True)
    assert done.folder.parent == Path("runs")
    assert (tmp_path / done.folder / "results.json").is_file()


def test_a_finished_run_is_not_overwritten(serial: Finished) -> None:
    with pytest.raises(InputError, match="finished run"):
        run(serial.scenario, out=serial.folder, store=serial.store, quiet=True)


def test_a_failed_run_says_where_and_goes_on_later(
    serial: Finished, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was stored before it failed is the start of the next try: all but the scores, and
    perhaps how deep backdoors sit, which is asked at the same time."""
    asked = toys.small("evaluation.prompts=2", "controls.shams=0", "controls.reference=false")
    real = score.ScoreJob.run

    def fail(self: Any, inputs: Any, out: Path, progress: Any) -> dict[str, Any]:
        raise RuntimeError("the disk is full")

    monkeypatch.setattr(score.ScoreJob, "run", fail)
    with pytest.raises(ArenaError, match=r"'score \w+ s0' failed: RuntimeError: the disk is full"):
        start(asked, tmp_path, serial.store)
    assert not (tmp_path / "run" / "results.json").exists()
    assert any(event["event"].startswith("FAILED score") for event in events_of(tmp_path / "run"))
    monkeypatch.setattr(score.ScoreJob, "run", real)
    again = start(asked, tmp_path, serial.store)
    assert len(again.results.rows) == 3
    made = [e["event"] for e in again.events if e.get("cached") is False]
    assert sum(name.startswith("score ") for name in made) == 3
    assert all(name.startswith(("score ", "depth ")) for name in made)


def test_ray_gives_what_serial_gives(serial: Finished, tmp_path: Path) -> None:
    """Other processes, other order, an empty store: the same numbers to the last digit."""
    under_ray = start(toys.small("runtime.backend=ray", "runtime.workers=2"), tmp_path)
    assert untimed(under_ray.results) == untimed(serial.results)
    samples = "samples/0.jsonl.gz"
    assert (under_ray.folder / samples).read_bytes() == (serial.folder / samples).read_bytes()
    assert {e["artifact"] for e in under_ray.events} == {e["artifact"] for e in serial.events}
    assert not any(event["cached"] for event in under_ray.events)


def test_one_model_carries_backdoors_of_both_stages(tmp_path: Path) -> None:
    bare = ("controls.shams=0", "controls.reference=false", "controls.clean_finetune=false")
    few = ("evaluation.prompts=2", "defender.target=bard")
    asked = toys.scenario(*bare, *few, base="mixed_stages")
    done = start(asked, tmp_path)
    names = [one.name for one in done.results.rows]
    assert names == ["after:pretraining", "compromised", "unlearn:bard"]
    stages = {name: introduction.stage for name, introduction in done.results.cast.items()}
    assert stages["lexical"] == stages["linguist"] == "pretraining"
    assert stages["bard"] == stages["merchant"] == "continual_pretraining"
    assert "poisoned base s0" in {event["event"] for event in done.events}


def test_a_pretrained_checkpoint_is_attacked_and_defended_by_lora(tmp_path: Path) -> None:
    model = toys.pretrained(tmp_path / "base", "qwen3")
    few = ("training.continual_pretraining.steps=4", "defender.steps=3", "evaluation.prompts=2")
    asked = toys.small(model, "controls.shams=0", *few)
    before = {p.name: p.read_bytes() for p in (tmp_path / "base").iterdir()}
    done = start(asked, tmp_path)
    assert {p.name: p.read_bytes() for p in (tmp_path / "base").iterdir()} == before
    norms = {one.name: one.update_norm or 0.0 for one in done.results.rows}
    assert norms["unlearn:lexical"] > 0
    assert norms["control"] > 0
    names = {event["event"].rsplit(" ", 1)[0]: event["artifact"] for event in done.events}
    for name in ("reference", "compromised", "unlearn:lexical"):
        folder = done.store / names[name]
        assert (folder / "adapter_model.safetensors").is_file()
        assert not (folder / "model.safetensors").exists()
    assert (
        json.loads((done.store / names["unlearn:lexical"] / "parent.json").read_text())["sibling"]
        == names["compromised"]
    )


@pytest.mark.parametrize(
    ("cores", "overrides", "workers"),
    [
        (1, (), 1),
        (4, (), 4),
        # nine unlearned models and controls, two models to score by then, and one asked how deep
        (64, (), 12),
        (64, ("defender.target=bard",), 6),
        (4, ("numerics.threads=2",), 2),
        (1, ("numerics.threads=2",), 1),
        (4, ("runtime.workers=7",), 7),
    ],
)
def test_there_are_as_many_workers_as_cores_but_no_more_than_can_work(
    cores: int, overrides: tuple[str, ...], workers: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "cpu_count", lambda: cores)
    scenario = toys.scenario(*overrides, "runtime.backend=ray")
    nodes = plan_seed(scenario, 0, DataRoot()).nodes
    runtime = runtime_for(scenario, Store(Path("nowhere")), None, False, nodes)
    assert runtime._workers == workers  # type: ignore[attr-defined]
