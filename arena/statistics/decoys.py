"""Decoys: what planting erased, what unlearning some did to the others, and what that foretells.

Definitions and limits: docs/estimands.md, Decoys.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from arena.api.values import Row
from arena.errors import InputError
from arena.statistics.decoyrows import STAGES, Case, Stage, cases, held_out
from arena.statistics.defended import mean
from arena.statistics.intervals import Estimate, over_seeds, rate_over_seeds
from arena.statistics.prediction import Prediction, predict
from arena.statistics.thresholds import Thresholds

LABELS: dict[Stage, str] = {
    "compromised": "compromised",
    "planted": "planted only",
    "clean": "planted, then clean fine-tune",
    "unlearned": "planted, then some unlearned",
}
Decoy = Callable[[Case], Sequence[str]]


@dataclass(frozen=True)
class StageLine:
    """ASR in the models of one stage: of installed actors, and of installed decoys by method,
    those that some model holds out apart from those that it unlearns."""

    stage: Stage
    actors: dict[str, Estimate]
    held_out: dict[str, Estimate]
    unlearned: dict[str, Estimate]

    def to_json(self) -> dict[str, Any]:
        names = ("actors", "held_out", "unlearned")
        found = {name: _json(getattr(self, name)) for name in names}
        return {"stage": self.stage, "label": LABELS[self.stage], **found}


@dataclass(frozen=True)
class Comparison:
    """Held-out decoys beside real actors in the same models: ASR left, transfer, and how well
    one foretells the other. `methods`: of the held-out decoys looked at."""

    methods: tuple[str, ...]
    held_out_asr: Estimate
    real_asr: Estimate
    held_out_transfer: Estimate
    real_transfer: Estimate
    prediction: Prediction

    def to_json(self) -> dict[str, Any]:
        names = ("held_out_asr", "real_asr", "held_out_transfer", "real_transfer", "prediction")
        found = {name: getattr(self, name).to_json() for name in names}
        return {"methods": list(self.methods), **found}


@dataclass(frozen=True)
class Decoys:
    """All findings on one decoy defence.

    `erased`: by actor, ASR that planting alone took. `installed`: decoy to its method and the
    seeds in which it was planted, and took. `left_out`: a comparison for every set of methods
    that models hold out, so one per method where one at a time is left out.
    """

    defence: str
    table: tuple[StageLine, ...]
    erased: dict[str, Estimate]
    installed: dict[str, tuple[str, int, int]]
    overall: Comparison
    by_method: tuple[Comparison, ...]
    left_out: tuple[Comparison, ...]

    def to_json(self) -> dict[str, Any]:
        names = ("method", "seeds", "installed")
        return {
            "defence": self.defence,
            "table": [line.to_json() for line in self.table],
            "erased": _json(self.erased),
            "installed": {
                decoy: dict(zip(names, told, strict=True)) for decoy, told in self.installed.items()
            },
            "overall": self.overall.to_json(),
            "by_method": [each.to_json() for each in self.by_method],
            "left_out": [each.to_json() for each in self.left_out],
        }


def decoys(
    rows: Sequence[Row],
    defence: str,
    actors: Sequence[str],
    methods: Mapping[str, str],
    thresholds: Thresholds,
) -> Decoys:
    """What the rows of one decoy defence show.

    Args:
        rows: of the whole run, in any order: the compromised and reference ones are read too.
        defence: its name; its rows carry it as `detail["defence"]`.
        methods: trigger method of every decoy, by its name without `decoy:`.

    Raises:
        InputError: as `analyse` and `decoyrows.cases`, or a decoy without a method.
    """
    _check(rows, defence, methods)
    found = cases(rows, defence, actors, methods, thresholds)
    return Decoys(
        defence=defence,
        table=tuple(_line(stage, found, actors, methods) for stage in STAGES),
        erased={actor: _erased(found, actor) for actor in actors},
        installed={name: _planted(found, name, method) for name, method in methods.items()},
        overall=_compare(found, _methods_of(found, methods), methods),
        by_method=tuple(_compare(found, (m,), methods) for m in _methods_of(found, methods)),
        left_out=tuple(
            _compare([case for case in found if _left_out(case, methods) == held], held, methods)
            for held in sorted({_left_out(case, methods) for case in found} - {()})
        ),
    )


def _check(rows: Sequence[Row], defence: str, methods: Mapping[str, str]) -> None:
    mine = (row for row in rows if row.detail.get("defence") == defence)
    unknown = sorted({name for row in mine for name in held_out(row)} - methods.keys())
    if unknown:
        raise InputError("no trigger method given for decoy", found=unknown[0])


def _json(found: Mapping[str, Estimate]) -> dict[str, Any]:
    return {name: each.to_json() for name, each in found.items()}


def _left_out(case: Case, methods: Mapping[str, str]) -> tuple[str, ...]:
    """The methods that a model holds out, installed or not: whatever was unlearned is the same."""
    return tuple(sorted({methods[name] for name in held_out(case.rows["unlearned"])}))


def _methods_of(found: Sequence[Case], methods: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(sorted({method for case in found for method in _left_out(case, methods)}))


def _seeds(
    found: Sequence[Case], read: Callable[[Case], Iterable[float | None]]
) -> dict[int, float]:
    """Of every seed with a value, the mean over its models and what is read in each."""
    values: dict[int, list[float | None]] = {}
    for case in found:
        values.setdefault(case.seed.seed, []).extend(read(case))
    means = {seed: mean(of_seed) for seed, of_seed in values.items()}
    return {seed: value for seed, value in means.items() if value is not None}


def _line(
    stage: Stage, found: Sequence[Case], actors: Sequence[str], methods: Mapping[str, str]
) -> StageLine:
    def by_method(which: Decoy) -> dict[str, Estimate]:
        known = sorted({methods[name] for case in found for name in which(case)})
        return {method: rate_over_seeds(_decoys(method, which).values()) for method in known}

    def _decoys(method: str, which: Decoy) -> dict[int, float]:
        def read(case: Case) -> Iterable[float | None]:
            return (case.decoy_rate(stage, n) for n in which(case) if methods[n] == method)

        return _seeds(found, read)

    def actor(name: str) -> Estimate:
        return rate_over_seeds(_seeds(found, lambda case: [case.actor_rate(stage, name)]).values())

    return StageLine(
        stage,
        {name: actor(name) for name in actors},
        by_method(lambda case: case.held_out),
        by_method(lambda case: case.unlearned),
    )


def _erased(found: Sequence[Case], actor: str) -> Estimate:
    def read(case: Case) -> list[float | None]:
        before, after = (case.actor_rate(stage, actor) for stage in ("compromised", "planted"))
        return [None if before is None or after is None else before - after]

    return over_seeds(_seeds(found, read).values(), "difference")


def _planted(found: Sequence[Case], decoy: str, method: str) -> tuple[str, int, int]:
    there = _seeds(found, lambda case: [case.decoy_rate("planted", decoy)])
    took = {case.seed.seed for case in found if decoy in (*case.held_out, *case.unlearned)}
    return method, len(there), len(took)


def _compare(
    found: Sequence[Case], held: tuple[str, ...], methods: Mapping[str, str]
) -> Comparison:
    def of(case: Case) -> list[str]:
        return [name for name in case.held_out if methods[name] in held]

    used = [case for case in found if of(case)]
    decoy = _seeds(used, lambda case: [case.decoy_transfer(name) for name in of(case)])
    real = _seeds(used, lambda case: [case.actor_transfer(name) for name in case.actors])
    decoy_left = _seeds(used, lambda case: [case.decoy_rate("unlearned", n) for n in of(case)])
    real_left = _seeds(used, lambda case: [case.actor_rate("unlearned", n) for n in case.actors])
    return Comparison(
        methods=held,
        held_out_asr=rate_over_seeds(decoy_left.values()),
        real_asr=rate_over_seeds(real_left.values()),
        held_out_transfer=over_seeds(decoy.values()),
        real_transfer=over_seeds(real.values()),
        prediction=predict([(seed, decoy[seed], real[seed]) for seed in decoy if seed in real]),
    )
