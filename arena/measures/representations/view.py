"""The section on hidden states: distances, their correlation with transfer, and whether a probe
still recognises each trigger."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from arena.api.measure import Section
from arena.api.values import RowKind
from arena.measures.representations.findings import (
    Correlation,
    LayerCorrelation,
    PairDistance,
    RecognitionRow,
    RepresentationsFindings,
)
from arena.measures.representations.scatter import casd_scatter
from arena.reporting.rows import is_disclosed, model_name
from arena.reporting.wording import p_value, sentence, words
from arena.results.estimate import Estimate
from arena.results.numbers import Shown, decimals, thousands

TITLE = "Inside the models"
TEMPLATE = Path(__file__).with_name("template.html")
GRID_TEMPLATE = Path(__file__).with_name("grid.html")
FEW_LAYERS = 6  # layers that a table shows side by side
CLEAR = 0.05
NOTE = "the original paper's own formula was not available to us"
DISTANCES = {
    "casd": "CASD",
    "mean_absolute": "CASD of mean absolute shifts",
    "cosine": "cosine distance of the shifts",
    "clean": "CASD over clean prompts",
}


@dataclass(frozen=True)
class CorrelationLine:
    """A distance's correlation with transfer, and what that says in words."""

    name: str
    rho: str
    p: str
    seeds: str
    meaning: str


@dataclass(frozen=True)
class LayerLine:
    """CASD's correlation in one layer, and rho of the other distances."""

    layer: str
    rho: str
    p: str
    others: list[str]


@dataclass(frozen=True)
class PairLine:
    """Every distance between the unlearnings of two triggers, with its interval."""

    pair: str
    distances: list[tuple[str, str]]


@dataclass(frozen=True)
class Cell:
    """Recognition of one trigger. own: whether it is the disclosed one."""

    auroc: Shown
    own: bool


@dataclass(frozen=True)
class RecognitionLine:
    """A model with the last layer's recognition of every trigger."""

    label: str
    cells: list[Cell]


@dataclass(frozen=True)
class DeepLine:
    """A model and a trigger with the recognition in every layer."""

    label: str
    actor: str
    layers: list[Shown]


@dataclass(frozen=True)
class RecognitionTable:
    """Recognition in the last of `depth` layers; deep: layer by layer, if there are few layers."""

    depth: int
    actors: list[str]
    rows: list[RecognitionLine]
    deep: list[DeepLine]


def section(findings: RepresentationsFindings, actors: Sequence[str]) -> Section | None:
    """Return the section; None where nothing was measured and no actor was left out."""
    if findings == RepresentationsFindings():
        return None
    values = {
        "note": note(findings),
        "correlation": correlation(findings),
        "relabelled": relabelled(findings),
        "layers": [_layer(each) for each in findings.per_layer],
        "distances": list(DISTANCES.values()),
        "pairs": [_pair(each) for each in findings.pairs],
        "recognition": recognition(findings, actors),
    }
    template = TEMPLATE.read_text(encoding="utf-8")
    return Section(TITLE, template, values, _figures(findings, actors))


def grid_section(findings: RepresentationsFindings, actors: Sequence[str]) -> Section | None:
    """Return the section over all cells of a stress run; None where nothing was measured."""
    if not findings.points and not findings.correlation:
        return None
    values = {
        "note": note(findings),
        "correlation": correlation(findings),
        "relabelled": relabelled(findings),
    }
    template = GRID_TEMPLATE.read_text(encoding="utf-8")
    return Section(TITLE, template, values, _figures(findings, actors))


def _figures(findings: RepresentationsFindings, actors: Sequence[str]) -> dict[str, str]:
    return {"casd": casd_scatter(actors, findings.points)} if findings.points else {}


def note(findings: RepresentationsFindings) -> str:
    """Return the caveat that must appear wherever CASD is shown, even if the results lack it."""
    return sentence(findings.note or NOTE)


def correlation(findings: RepresentationsFindings) -> list[CorrelationLine]:
    """Return one line per distance: rho, pooled p, seeds, and what they say in words."""
    known = findings.correlation
    order = [
        *(name for name in DISTANCES if name in known),
        *(n for n in known if n not in DISTANCES),
    ]
    return [
        CorrelationLine(
            DISTANCES.get(name, words(name)),
            decimals(known[name].rho),
            p_value(known[name].p),
            thousands(known[name].seeds),
            _meaning(known[name]),
        )
        for name in order
    ]


def relabelled(findings: RepresentationsFindings) -> str:
    """Return how p was computed, which actors it applies to, and what was left out; empty unless p
    is known to come from the same relabelling in all seeds."""
    said: dict[str, list[str]] = {}
    for name, each in findings.correlation.items():
        if each.relabellings:
            text = _relabelled(each, each.relabellings)
            said.setdefault(text, []).append(DISTANCES.get(name, words(name)))
    if len(said) == 1:
        return f"Here {next(iter(said))}"
    return " ".join(f"{', '.join(names)}: {text}" for text, names in said.items())


def _relabelled(each: Correlation, number: int) -> str:
    said = (
        f"p is the share of {thousands(number)} relabellings of {', '.join(each.actors)}, the same "
        f"in every seed; it is at least {decimals(1 / number, 3)} and holds for these actors only."
    )
    if each.left_out:
        said += f" Left out because they have no pair: {thousands(each.left_out)}."
    return said


def _meaning(correlation: Correlation) -> str:
    rho, p = correlation.rho, correlation.p
    if rho is None:
        return "not defined"
    if correlation.relabellings and correlation.relabellings <= 1 / CLEAR:
        return f"{thousands(correlation.relabellings)} relabellings cannot show a relation"
    if p is None or p >= CLEAR:
        return "no relation shown"
    return "the closer, the more transfer" if rho < 0 else "the farther apart, the more transfer"


def _layer(each: LayerCorrelation) -> LayerLine:
    others = (each.mean_absolute, each.cosine, each.clean)
    rhos = [decimals(other.rho) for other in others]
    return LayerLine(thousands(each.layer), decimals(each.rho), p_value(each.p), rhos)


def _pair(each: PairDistance) -> PairLine:
    distances = (each.casd, each.mean_absolute, each.cosine, each.clean)
    # To three places: most are small.
    return PairLine(f"{each.a} and {each.b}", [Shown.of(one).rounded(3) for one in distances])


def recognition(
    findings: RepresentationsFindings, actors: Sequence[str]
) -> RecognitionTable | None:
    """Return AUROC above the reference's, by model and trigger; None where not measured."""
    rows = findings.recognition
    depth = max((len(_layers(row)) for row in rows), default=0)
    if not depth:
        return None
    by_model: dict[tuple[RowKind, str | None], dict[str, RecognitionRow]] = {}
    for row in rows:
        by_model.setdefault((row.kind, row.target), {})[row.actor] = row
    return RecognitionTable(
        depth,
        list(actors),
        [_last_layer(by_actor, actors, depth) for by_actor in by_model.values()],
        [_every_layer(row, depth) for row in rows] if 1 < depth <= FEW_LAYERS else [],
    )


def _layers(row: RecognitionRow) -> tuple[Estimate, ...]:
    """AUROC above the reference's, layer by layer; the reference's own as it is."""
    return row.layers if row.kind == "reference" else row.above_reference


def _label(row: RecognitionRow) -> str:
    return model_name(row) + (" (AUROC itself)" if row.kind == "reference" else "")


def _last_layer(
    by_actor: dict[str, RecognitionRow], actors: Sequence[str], depth: int
) -> RecognitionLine:
    model = next(iter(by_actor.values()))
    return RecognitionLine(
        _label(model),
        [Cell(_last(by_actor.get(actor), depth), is_disclosed(model, actor)) for actor in actors],
    )


def _last(row: RecognitionRow | None, depth: int) -> Shown:
    layers = () if row is None else _layers(row)
    return Shown.of(layers[-1] if len(layers) == depth else None)


def _every_layer(row: RecognitionRow, depth: int) -> DeepLine:
    layers = [Shown.of(layer) for layer in _layers(row)]
    return DeepLine(_label(row), row.actor, layers + [Shown()] * (depth - len(layers)))
