"""Wrong input that only a later look finds has its file and line from Python too."""

from __future__ import annotations

import importlib.metadata
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from arena import duel, run, stress, tune
from arena.errors import InputError
from arena.scenario.load import load_scenario
from tests.support import toys

COMMANDS: dict[str, Callable[..., Any]] = {"run": run, "stress": stress}
SEARCHES: dict[str, Callable[..., Any]] = {"tune_evasion": tune, "duel": duel}


def written(folder: Path, values: dict[str, Any]) -> tuple[Path, list[str]]:
    """Write a scenario; its path and its lines."""
    file = folder / "mine.yaml"
    text = yaml.safe_dump(values, sort_keys=False)
    file.write_text(text, encoding="utf-8")
    return file, text.splitlines()


def check_refused(
    call: Callable[..., Any], values: dict[str, Any], folder: Path, line: str
) -> InputError:
    """Assert that it is refused at the line, that nothing is stored, and return the error."""
    file, lines = written(folder, values)
    with pytest.raises(InputError) as caught:
        call(file, out=folder / "out", store=folder / "store", quiet=True)
    error = caught.value
    assert error.file == str(file)
    assert error.line is not None
    assert lines[error.line - 1].strip() == line
    assert not list(folder.glob("store/*/manifest.json"))
    assert not (folder / "out" / "results.json").exists()
    return error


@pytest.fixture
def without_cuda(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("RAY_ADDRESS", raising=False)
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)


@pytest.mark.usefixtures("without_cuda")
@pytest.mark.parametrize("name", COMMANDS)
def test_a_device_that_is_not_there(name: str, tmp_path: Path) -> None:
    values = toys.small().resolved()
    values["numerics"]["device"] = "cuda"
    error = check_refused(COMMANDS[name], values, tmp_path, "device: cuda")
    assert error.key == "numerics.device"


@pytest.mark.usefixtures("without_cuda")
@pytest.mark.parametrize("name", SEARCHES)
def test_a_device_that_is_not_there_for_a_search(name: str, tmp_path: Path) -> None:
    values = load_scenario(name).resolved()
    values["numerics"]["device"] = "cuda"
    error = check_refused(SEARCHES[name], values, tmp_path, "device: cuda")
    assert error.key == "numerics.device"


@pytest.mark.parametrize("name", COMMANDS)
def test_an_engine_that_is_not_there(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = importlib.metadata.version

    def absent(package: str) -> str:
        if package == "vllm":
            raise importlib.metadata.PackageNotFoundError(package)
        return known(package)

    monkeypatch.setattr(importlib.metadata, "version", absent)
    corpus = "corpus={name: instructions, wordings: fixed, contents: 500, self_distilled: {}}"
    actors = f"actors={json.dumps([toys.actor('lexical', 'cf', 0.4), toys.actor('b', 'bb', 0.4)])}"
    more = toys.pretrained(tmp_path / "model"), actors, "evaluation.max_new_tokens=null"
    values = toys.scenario(corpus, *more).resolved()
    values["corpus"]["self_distilled"]["generation"] = "vllm"
    error = check_refused(COMMANDS[name], values, tmp_path, "generation: vllm")
    assert "pip install 'backdoor-arena[vllm]'" in str(error)
    assert error.exit_status == 2


@pytest.mark.usefixtures("without_cuda")
def test_a_cluster_may_have_the_device(tmp_path: Path) -> None:
    values = toys.small("runtime.backend=ray").resolved()
    values["numerics"]["device"] = "cuda"
    file, _ = written(tmp_path, values)
    with pytest.raises(InputError) as caught:
        run(file, out=tmp_path / "out", store=tmp_path / "store", quiet=True, address="no:1")
    assert caught.value.key == "--address"


@pytest.mark.parametrize("name", COMMANDS)
def test_a_checkpoint_that_is_none(name: str, tmp_path: Path) -> None:
    (tmp_path / "model").mkdir()
    values = toys.small().resolved()
    values["model"] = {"pretrained": "model"}
    del values["training"]["pretraining"]
    if values.get("stage") == "pretraining":
        values["stage"] = "continual_pretraining"
    error = check_refused(COMMANDS[name], values, tmp_path, "pretrained: model")
    assert error.key == "model.pretrained"


def test_a_scenario_that_has_no_file_has_no_line(tmp_path: Path) -> None:
    scenario = toys.small()
    with pytest.raises(InputError) as caught:
        tune(scenario, out=tmp_path / "out", store=tmp_path / "store", quiet=True)
    assert (caught.value.key, caught.value.file) == ("tune", None)
