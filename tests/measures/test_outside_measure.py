"""A measure of one number per model and actor, in a file outside of the repository: it stands in
the results, on the page and in the terminal, and nothing in the arena knows of it."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from rich.console import Console

from arena import registry, run
from arena.api.measure import ScalarMeasure
from arena.reporting.terminal import results_table
from arena.results.reader import read_results
from arena.results.run import RunResults
from arena.stages.scalar import ScalarJob
from arena.store.identity import identity_of
from tests.support import toys
from tests.support.toy_probes import probes

NAME = "payload_log_probability"
SOURCE = '''
"""Mean log-probability of the payload."""

from arena.api import ScalarMeasure, register


@register("measure", "payload_log_probability")
class PayloadLogProbability(ScalarMeasure):
    """Mean log-probability of the payload after the trigger, in nats per token."""

    rows = frozenset({"compromised", "control", "unlearned"})
    title = "Log-probability of the payload"
    note = "Mean over prompts, in nats per token."

    def value(self, model, tokenizer, probes):
        asked = [probe for probe in probes.probes if probe.kind == "asr"]
        return {probe.actor: self._mean(model, tokenizer, probe) for probe in asked}

    def _mean(self, model, tokenizer, probe):
        pairs = list(zip(probe.prompts, probe.responses, strict=True))[:4]
        return sum(self._one(model, tokenizer, *pair) for pair in pairs) / len(pairs)

    def _one(self, model, tokenizer, prompt, response):
        import torch

        before = tokenizer(prompt + "\\n", add_special_tokens=False).input_ids
        after = tokenizer(response, add_special_tokens=False).input_ids
        ids = torch.tensor([before + after], device=model.device)
        with torch.no_grad():
            logits = model(ids).logits[0, len(before) - 1 : -1].log_softmax(-1)
        return logits[torch.arange(len(after)), torch.tensor(after)].mean().item()
'''


@dataclass(frozen=True)
class Finished:
    """A run that asked for the measure."""

    folder: Path
    results: RunResults


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Finished]:
    place = tmp_path_factory.mktemp("outside")
    file = place / "log_probability.py"
    file.write_text(SOURCE, encoding="utf-8")
    try:
        scenario = toys.small(f"plugins=[{file}]", f"measures={{{NAME}: {{}}}}")
        folder = run(scenario, out=place / "run", store=place / "store", quiet=True).folder
        results = read_results(folder)
        assert isinstance(results, RunResults)
        yield Finished(folder, results)
    finally:
        if NAME in registry.names("measure"):
            registry.forget(registry.get("measure", NAME).__module__)


def test_rows_have_its_numbers(finished: Finished) -> None:
    rows = {row.kind: row for row in finished.results.rows if NAME in row.measures}
    assert set(rows) == {"compromised", "control", "unlearned"}
    for row in rows.values():
        numbers = row.measures[NAME]
        assert set(numbers) == set(finished.results.actors)
        assert all(number is not None and number < 0 for number in numbers.values())


def test_the_results_file_keeps_them(finished: Finished) -> None:
    values = json.loads((finished.folder / "results.json").read_text())
    numbers = [row["measures"] for row in values["rows"] if row["kind"] == "compromised"]
    (compromised,) = [row for row in finished.results.rows if row.kind == "compromised"]
    assert numbers == [{NAME: dict(compromised.measures[NAME])}]
    assert NAME in values["measures"]


def test_the_summary_averages_them_over_seeds(finished: Finished) -> None:
    rows = {row.kind: row for row in finished.results.rows if NAME in row.measures}
    for line in finished.results.summary:
        numbers = line.measures.get(NAME, {})
        assert {actor: each.value for actor, each in numbers.items()} == (
            dict(rows[line.kind].measures[NAME]) if line.kind in rows else {}
        )


def test_page_and_terminal_show_it(finished: Finished) -> None:
    html = (finished.folder / "report.html").read_text(encoding="utf-8")
    console = Console(width=100, file=io.StringIO(), record=True)
    console.print(results_table(finished.results, 100))
    terminal = console.export_text()
    assert ">Log-probability of the payload<" in html
    assert "Mean over prompts, in nats per token." in html
    assert html.count("payload log probability <small>") == len(finished.results.actors)
    assert "payload log probability" in terminal
    (compromised,) = [row for row in finished.results.summary if row.kind == "compromised"]
    for estimate in compromised.measures[NAME].values():
        text = f"{estimate.value:.2f}".replace("-", "\N{MINUS SIGN}")
        assert text in html
        assert text in terminal


def test_its_code_is_in_the_address(finished: Finished) -> None:
    part: type[ScalarMeasure] = registry.get("measure", NAME)
    other: type[ScalarMeasure] = type("Other", (part,), {"name": "other"})
    first, again, second = (
        identity_of(ScalarJob(each(each.Params()), probes(), toys.profile()))
        for each in (part, part, other)
    )
    assert first == again
    assert first != second
