"""Decoys: ASR that planting erased, transfer from unlearned to held-out decoys, and how well
held-out decoys predict the real actors.

Definitions and limits: docs/estimands.md, Decoys.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from arena.errors import InputError
from arena.results.decoys import DecoyComparison, DecoyDefence, DecoyInstallation, DecoyStage
from arena.results.estimate import Estimate
from arena.results.rows import Row
from arena.statistics.decoy_rows import STAGES, DecoyCase, StageName, decoy_cases, held_out
from arena.statistics.defended import mean
from arena.statistics.intervals import over_seeds, rate_over_seeds
from arena.statistics.prediction import predict
from arena.statistics.thresholds import Thresholds

LABELS: dict[StageName, str] = {
    "compromised": "compromised",
    "planted": "planted only",
    "clean": "planted, then clean fine-tune",
    "unlearned": "planted, then some unlearned",
}
DecoysOf = Callable[[DecoyCase], Sequence[str]]
RatesOf = Callable[[DecoyCase], Iterable[float | None]]


def decoys(
    rows: Sequence[Row],
    defence: str,
    actors: Sequence[str],
    methods: Mapping[str, str],
    thresholds: Thresholds,
) -> DecoyDefence:
    """Return the findings from the rows of one decoy defence.

    Args:
        rows: of the whole run, in any order; the compromised and reference rows are used too.
        defence: its name; its rows carry it as `detail["defence"]`.
        methods: trigger method of every decoy, by its name without `decoy:`.

    Raises:
        InputError: as `analyse` and `decoy_cases`, or a decoy has no method.
    """
    _check(rows, defence, methods)
    cases = decoy_cases(rows, defence, actors, methods, thresholds)
    groups = sorted({_left_out(case, methods) for case in cases} - {()})
    return DecoyDefence(
        defence=defence,
        table=tuple(_stage(stage, cases, actors, methods) for stage in STAGES),
        erased={actor: _erased(cases, actor) for actor in actors},
        installed={name: _installation(cases, name, method) for name, method in methods.items()},
        overall=_compare(cases, _methods_of(cases, methods), methods),
        by_method=tuple(_compare(cases, (m,), methods) for m in _methods_of(cases, methods)),
        left_out=tuple(
            _compare([case for case in cases if _left_out(case, methods) == held], held, methods)
            for held in groups
        ),
    )


def _check(rows: Sequence[Row], defence: str, methods: Mapping[str, str]) -> None:
    mine = (row for row in rows if row.detail.get("defence") == defence)
    unknown = sorted({name for row in mine for name in held_out(row)} - methods.keys())
    if unknown:
        raise InputError("no trigger method given for decoy", found=unknown[0])


def _left_out(case: DecoyCase, methods: Mapping[str, str]) -> tuple[str, ...]:
    """The methods that a model holds out, whether or not those decoys are installed: the unlearned
    ones are the same either way."""
    return tuple(sorted({methods[name] for name in held_out(case.rows["unlearned"])}))


def _methods_of(cases: Sequence[DecoyCase], methods: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(sorted({method for case in cases for method in _left_out(case, methods)}))


def _seed_means(cases: Sequence[DecoyCase], rates_of: RatesOf) -> dict[int, float]:
    """For every seed with a value, the mean over its models and over the rates of each."""
    values: dict[int, list[float | None]] = {}
    for case in cases:
        values.setdefault(case.seed.seed, []).extend(rates_of(case))
    means = {seed: mean(of_seed) for seed, of_seed in values.items()}
    return {seed: value for seed, value in means.items() if value is not None}


def _stage(
    stage: StageName,
    cases: Sequence[DecoyCase],
    actors: Sequence[str],
    methods: Mapping[str, str],
) -> DecoyStage:
    def actor(name: str) -> Estimate:
        means = _seed_means(cases, lambda case: [case.actor_rate(stage, name)])
        return rate_over_seeds(means.values())

    return DecoyStage(
        stage=stage,
        label=LABELS[stage],
        actors={name: actor(name) for name in actors},
        held_out=_by_method(stage, cases, methods, lambda case: case.held_out),
        unlearned=_by_method(stage, cases, methods, lambda case: case.unlearned),
    )


def _by_method(
    stage: StageName, cases: Sequence[DecoyCase], methods: Mapping[str, str], decoys_of: DecoysOf
) -> dict[str, Estimate]:
    def estimate(method: str) -> Estimate:
        def rates(case: DecoyCase) -> Iterable[float | None]:
            return (case.decoy_rate(stage, n) for n in decoys_of(case) if methods[n] == method)

        return rate_over_seeds(_seed_means(cases, rates).values())

    known = sorted({methods[name] for case in cases for name in decoys_of(case)})
    return {method: estimate(method) for method in known}


def _erased(cases: Sequence[DecoyCase], actor: str) -> Estimate:
    def drop(case: DecoyCase) -> list[float | None]:
        before, after = (case.actor_rate(stage, actor) for stage in ("compromised", "planted"))
        return [None if before is None or after is None else before - after]

    return over_seeds(_seed_means(cases, drop).values(), "difference")


def _installation(cases: Sequence[DecoyCase], decoy: str, method: str) -> DecoyInstallation:
    planted = _seed_means(cases, lambda case: [case.decoy_rate("planted", decoy)])
    took = {case.seed.seed for case in cases if decoy in (*case.held_out, *case.unlearned)}
    return DecoyInstallation(method=method, seeds=len(planted), installed=len(took))


def _compare(
    cases: Sequence[DecoyCase], held: tuple[str, ...], methods: Mapping[str, str]
) -> DecoyComparison:
    """Held-out decoys of some methods compared with real actors, in models that hold any out."""

    def of(case: DecoyCase) -> list[str]:
        return [name for name in case.held_out if methods[name] in held]

    used = [case for case in cases if of(case)]
    decoy = _seed_means(used, lambda case: [case.decoy_transfer(name) for name in of(case)])
    real = _seed_means(used, lambda case: [case.actor_transfer(name) for name in case.actors])
    decoy_left = _seed_means(used, lambda case: [case.decoy_rate("unlearned", n) for n in of(case)])
    real_left = _seed_means(
        used, lambda case: [case.actor_rate("unlearned", n) for n in case.actors]
    )
    return DecoyComparison(
        methods=held,
        held_out_asr=rate_over_seeds(decoy_left.values()),
        real_asr=rate_over_seeds(real_left.values()),
        held_out_transfer=over_seeds(decoy.values()),
        real_transfer=over_seeds(real.values()),
        prediction=predict([(seed, decoy[seed], real[seed]) for seed in decoy if seed in real]),
    )
