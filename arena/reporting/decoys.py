"""Decoy defences as the page shows them: what planting erased, and what held-out decoys predict."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from arena.reporting.wording import p_value, words
from arena.results.decoys import DecoyComparison, DecoyDefence, DecoyStage, Prediction
from arena.results.estimate import Estimate
from arena.results.numbers import Shown, decimals, thousands
from arena.results.run import RunResults

CLEAR = 0.05


@dataclass(frozen=True, slots=True)
class DecoyRow:
    """The rates in the models of one stage."""

    label: str
    cells: list[Shown]


@dataclass(frozen=True, slots=True)
class ComparisonRow:
    """Held-out decoys of some methods compared with real actors. estimates: ASR left and transfer,
    each for the decoys and the actors."""

    name: str
    estimates: list[Shown]
    rho: Shown
    p: str
    bias: Shown
    seeds: str
    reason: str


@dataclass(frozen=True, slots=True)
class DecoySection:
    """One decoy defence: its table, its comparisons, and sentences.

    Attributes:
        held_out, unlearned: methods of decoys, the columns after the actors.
        erased: what planting alone removed, by actor.
        left_out, by_method: comparisons; the second is empty if it would repeat the first.
        prediction: whether held-out decoys predict real actors.
        missing: which decoys were not installed, and where.
    """

    name: str
    actors: list[str]
    held_out: list[str]
    unlearned: list[str]
    rows: list[DecoyRow]
    erased: list[Shown]
    left_out: list[ComparisonRow]
    by_method: list[ComparisonRow]
    prediction: str
    missing: str


def decoys(results: RunResults) -> list[DecoySection]:
    """Return the section of every decoy defence; empty if there is none."""
    return [_section(defence, results.actors) for defence in results.decoys]


def _section(defence: DecoyDefence, actors: Sequence[str]) -> DecoySection:
    held_out = _methods([stage.held_out for stage in defence.table])
    unlearned = _methods([stage.unlearned for stage in defence.table])
    left_out = [_comparison(each) for each in defence.left_out]
    by_method = [_comparison(each) for each in defence.by_method]
    # One method left out at a time: the same models, which need no second table.
    repeats = [row.name for row in left_out] == [row.name for row in by_method]
    return DecoySection(
        name=defence.defence,
        actors=list(actors),
        held_out=[words(method) for method in held_out],
        unlearned=[words(method) for method in unlearned],
        rows=[_row(stage, actors, held_out, unlearned) for stage in defence.table],
        erased=[Shown.of(defence.erased.get(actor)) for actor in actors],
        left_out=left_out,
        by_method=[] if repeats else by_method,
        prediction=prediction(defence.overall.prediction),
        missing=_missing(defence),
    )


def _methods(columns: Sequence[Mapping[str, Estimate]]) -> list[str]:
    return list(dict.fromkeys(method for rates in columns for method in rates))


def _row(
    stage: DecoyStage, actors: Sequence[str], held_out: Sequence[str], unlearned: Sequence[str]
) -> DecoyRow:
    estimates = [
        *(stage.actors.get(actor) for actor in actors),
        *(stage.held_out.get(method) for method in held_out),
        *(stage.unlearned.get(method) for method in unlearned),
    ]
    return DecoyRow(stage.label or stage.stage, [Shown.of(each) for each in estimates])


def _comparison(comparison: DecoyComparison) -> ComparisonRow:
    prediction = comparison.prediction or Prediction()
    estimates = (
        comparison.held_out_asr,
        comparison.real_asr,
        comparison.held_out_transfer,
        comparison.real_transfer,
    )
    return ComparisonRow(
        name=" + ".join(words(method) for method in comparison.methods),
        estimates=[Shown.of(each) for each in estimates],
        rho=Shown.of(prediction.rho),
        p=p_value(prediction.p),
        bias=Shown.of(prediction.bias),
        seeds=thousands(prediction.seeds),
        reason=prediction.reason,
    )


def prediction(prediction: Prediction | None) -> str:
    """Return whether held-out decoys predict the real actors, in a sentence or two; empty if that
    was not examined."""
    if prediction is None:
        return ""
    rho, p, bias = Shown.of(prediction.rho), prediction.p, _bias(Shown.of(prediction.bias))
    if rho.value is None or p is None:
        reason = prediction.reason or "not measured"
        return f"Whether held-out decoys predict the real actors is not claimed: {reason}. {bias}"
    numbers = f"rho {rho.full}, p {p_value(p)}, {thousands(prediction.seeds)} seeds"
    if p >= CLEAR:
        relation = "No relation shown between held-out decoys and real actors over seeds"
    else:
        outcome = "fell as well" if rho.value > 0 else "stayed"
        relation = f"In seeds in which held-out decoys fell, real actors {outcome}"
    return f"{relation} ({numbers}). {bias}"


def _bias(bias: Shown) -> str:
    if bias.value is None:
        return ""
    side = "less" if bias.value < 0 else "more"
    interval = f" ({bias.interval})" if bias.has_interval else ""
    difference = f"{decimals(abs(bias.value))} {side} than of the held-out decoys{interval}"
    mean = f"On average T of the real actors was {difference}"
    if bias.high is not None and bias.high < 0:
        return f"{mean}: decoys promise too much."
    if bias.low is not None and bias.low > 0:
        return f"{mean}: decoys promise too little."
    return f"{mean}."


def _missing(defence: DecoyDefence) -> str:
    missing = [
        f"{name} in {each.seeds - each.installed} of {each.seeds} seeds"
        for name, each in defence.installed.items()
        if each.seeds is not None and each.installed is not None and each.installed < each.seeds
    ]
    listed = ", ".join(missing)
    return f"Decoys that were not installed, and are left out there: {listed}." if missing else ""
