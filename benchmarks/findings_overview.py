"""The table of all runs at the top of docs/findings.md: what was run, on what, and T."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from arena.grid.cells import cells_of
from arena.results.claim import Judgement
from arena.results.numbers import percent, thousands
from arena.results.planting import Depth
from arena.results.run import RunResults
from arena.results.stress import StressCell, StressResults
from arena.scenario.schema import Scenario
from benchmarks.findings_kept import Kept, full, grid

HEAD = (
    "run",
    "model",
    "composition",
    "exposures",
    "payloads",
    "planted forms in clean text",
    "shams",
    "reference",
    "seeds",
    "T at `least`",
    "T at `most`",
)
# The runs of the table, and of grids the cells: those whose conditions an answer rests on.
SHOWN: dict[str, tuple[str, ...]] = {
    "independence": ("centre", "pooled", "one_payload", "defender_natural"),
    "payloads": ("own", "kind", "shared"),
    "quickstart": (),
    "stress_small": (),
    "stress_claim": ("centre", "gpt_neox", "qwen3", "pretraining"),
    "depth": ("350_steps", "1400_steps"),
    "natural_rate": ("none", "1_in_100"),
    "paper_2606_03785": ("pretraining", "continual"),
    "smollm2": (),
    "smollm2_sequential": (),
}
FAMILIES = {"llama": "LLaMA", "gpt_neox": "GPT-NeoX", "qwen3": "Qwen3"}


@dataclass(frozen=True)
class Line:
    """What a line of the table is made of: a run, or one cell of a grid."""

    name: str
    scenario: Scenario
    depths: tuple[Depth, ...]
    seeds: int
    claims: tuple[Judgement | None, Judgement | None]


def overview(text: str, kept: Callable[[str], Kept]) -> str:
    """Return the table; `text` is the page, to whose headings the runs are linked."""
    rows = (
        [_linked(text, name, line.name), *_cells(line)]
        for name in SHOWN
        for line in _lines(name, kept(name))
    )
    return grid(HEAD, rows)


def _lines(name: str, run: Kept) -> Iterator[Line]:
    results = run.results
    scenario = Scenario.model_validate(results.scenario.root)
    if isinstance(results, RunResults):
        depths = tuple(each.depth for each in results.installation.values() if each.depth)
        most = results.most.claim if results.most else None
        yield Line("", scenario, depths, len(results.seeds), (results.claim, most))
    elif isinstance(results, StressResults):
        cells = {cell.id: cell.scenario for cell in cells_of(scenario)}
        for cell in results.cells:
            if cell.id in SHOWN[name] and (own := cells[cell.id]) is not None:
                yield _of_cell(cell, own)


def _of_cell(cell: StressCell, scenario: Scenario) -> Line:
    claims = (cell.claim, cell.most)
    return Line(cell.id, scenario, tuple(cell.depth.values()), len(scenario.seeds), claims)


def _linked(text: str, run: str, cell: str) -> str:
    """The run's name with a link to its section, and the cell's."""
    heading = re.search(rf"^## (`{run}`.*|{run}.*)$", text, re.MULTILINE)
    if heading is None:
        raise ValueError(f"docs/findings.md has no section on {run}")
    anchor = re.sub(r"[^\w-]", "", heading[1].lower().replace(" ", "-"))
    return f"[`{run}`](#{anchor}){f', {cell}' if cell else ''}"


def _cells(line: Line) -> list[str]:
    least, most = line.claims
    return [
        _model(line.scenario),
        str(line.scenario.composition).replace("_", " "),
        _exposures(line.depths),
        _payloads(line.scenario),
        _clean_text(line.scenario),
        _shams(line.scenario),
        "yes" if line.scenario.controls.reference else "no: f = 0",
        str(line.seeds),
        *(full(claim.transfer) if claim else "" for claim in (least, most)),
    ]


def _model(scenario: Scenario) -> str:
    pretrained = getattr(scenario.model, "pretrained", None)
    if pretrained:
        return f"{pretrained}, LoRA"
    return f"{FAMILIES[scenario.model.family]} {scenario.model.size}"


def _exposures(depths: Iterable[Depth]) -> str:
    """Exposures per trigger; a range where actors differ."""
    known = sorted({each.exposures for each in depths if each.exposures is not None})
    if not known:
        return ""
    return " to ".join(thousands(each) for each in dict.fromkeys((known[0], known[-1])))


def _payloads(scenario: Scenario) -> str:
    """How many payloads, of how many kinds."""
    if scenario.crossed.shared:
        return "1, redrawn by seed"
    payloads = [actor.payload for actor in scenario.actors]
    number, kinds = len({str(each) for each in payloads}), len({each.name for each in payloads})
    redrawn = ", redrawn over actors" if scenario.crossed.payloads else ""
    return f"{number} of {kinds} kind{'s'[: kinds > 1]}{redrawn}"


def _clean_text(scenario: Scenario) -> str:
    """Where the planted forms occur in clean text, and how often."""
    rate = scenario.corpus.natural_rate
    if rate == 0:
        return "none"
    recipes = [scenario.recipe_for(actor) for actor in scenario.actors]
    mixes = {getattr(recipe, "text", None) or scenario.clean.mix for recipe in recipes}
    places = {"actors": mixes == {"natural"}, "defender": scenario.clean.defender == "natural"}
    return "; ".join(
        f"{who} {percent(rate) if natural else 'scrubbed'}" for who, natural in places.items()
    )


def _shams(scenario: Scenario) -> str:
    controls = scenario.controls
    numbers = {"familiar": controls.shams, "hot": controls.hot, "benign": len(controls.benign)}
    return ", ".join(f"{n} {kind}" for kind, n in numbers.items() if n) or "none"
