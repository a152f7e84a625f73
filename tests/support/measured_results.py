"""The optional parts of a run's results, hand-made: co-residence, representations, reactivation,
quiet. Simulated draws around set means, never a measurement."""

from __future__ import annotations

import functools

import numpy as np

from arena.api.measure import ScalarFindings, ScalarValue
from arena.api.values import RowKind
from arena.measures.quiet.findings import QuietFindings, QuietRow
from arena.measures.reactivation.findings import (
    Comparison,
    ReactivationCost,
    ReactivationCurve,
    ReactivationFindings,
)
from arena.measures.representations.findings import (
    Correlation,
    DistancePoint,
    LayerCorrelation,
    PairDistance,
    RecognitionRow,
    RepresentationsFindings,
)
from arena.results.estimate import Estimate, SeedEstimate
from arena.results.run import RunResults
from arena.results.summary import SummaryRow
from tests.support.planted_results import ACTORS
from tests.support.sample_results import estimate, results

SAMPLES = (0, 8, 16, 32, 64, 128)
LAYERS = 3
NOTE = "the original paper's own formula was not available to us"
DISTANCES = ("casd", "mean_absolute", "cosine", "clean")
Model = tuple[RowKind, str | None]
UNLEARNED: list[Model] = [("unlearned", actor) for actor in ACTORS]


def around(rng: np.random.Generator, mean: float, spread: float = 0.03) -> Estimate:
    """An estimate over eight draws, bounded as rates are."""
    drawn = np.clip(rng.normal(mean, spread, 8), 0, 1)
    return estimate([float(value) for value in drawn])


def inserted(rng: np.random.Generator) -> list[SummaryRow]:
    """Summary rows of a sequential insertion, and of one actor alone."""
    rows = []
    for index, actor in enumerate(ACTORS[:-1]):
        means = [0.97 - 0.15 * (index - i) if i <= index else 0.01 for i in range(len(ACTORS))]
        rows.append(_summary(rng, f"after {actor}", actor, means))
    alone = [0.99 if actor == "bard" else 0.01 for actor in ACTORS]
    return [*rows, _summary(rng, "bard alone", "bard", alone)]


def _summary(rng: np.random.Generator, label: str, target: str, means: list[float]) -> SummaryRow:
    rates = {actor: around(rng, mean) for actor, mean in zip(ACTORS, means, strict=True)}
    return SummaryRow(
        label=label,
        kind="inserted",
        target=target,
        asr={actor: SeedEstimate(**dict(rate), seeds=8) for actor, rate in rates.items()},
        clean_accuracy=around(rng, 0.98, 0.01),
        token_accuracy=around(rng, 0.99, 0.01),
        perplexity=Estimate(value=1.8),
        update_norm=Estimate(value=3.1),
    )


def representations(rng: np.random.Generator, seeds: int = 8) -> RepresentationsFindings:
    points = [
        DistancePoint(
            seed=seed,
            source=one,
            to=other,
            transfer=float(np.clip(1.1 - 2 * distance + rng.normal(0, 0.15), -0.2, 1)),
            casd=distance,
            mean_absolute=distance,
            cosine=distance,
            clean=distance,
        )
        for seed in range(seeds)
        for one in ACTORS
        for other in ACTORS
        if one != other
        for distance in [float(rng.uniform(0.08, 0.5))]
    ]
    models: list[Model] = [("reference", None), ("compromised", None), ("control", None)]
    return RepresentationsFindings(
        layers=LAYERS,
        seeds=seeds,
        note=NOTE,
        pairs=tuple(
            PairDistance(
                a=a,
                b=b,
                **{name: around(rng, 0.21) for name in DISTANCES},
                per_layer=tuple(around(rng, 0.2) for _ in range(LAYERS)),
            )
            for i, a in enumerate(ACTORS)
            for b in ACTORS[i + 1 :]
        ),
        points=tuple(points),
        correlation={
            "casd": Correlation(rho=-0.61, p=0.0004, seeds=seeds),
            "mean_absolute": Correlation(rho=0.43, p=0.021, seeds=seeds),
            "cosine": Correlation(rho=-0.12, p=0.41, seeds=seeds),
            "clean": Correlation(seeds=0),
        },
        per_layer=tuple(
            LayerCorrelation(layer=layer + 1, rho=-0.2 * layer, p=0.5 / (layer + 1) ** 3)
            for layer in range(LAYERS)
        ),
        recognition=tuple(
            RecognitionRow(
                kind=kind,
                target=target,
                actor=actor,
                layers=tuple(around(rng, 0.6 + 0.1 * layer) for layer in range(LAYERS)),
                above_reference=tuple(around(rng, 0.1 + 0.1 * layer) for layer in range(LAYERS)),
            )
            for kind, target in [*models, *UNLEARNED]
            for actor in ACTORS
        ),
    )


def reactivation(rng: np.random.Generator) -> ReactivationFindings:
    models: list[Model] = [("reference", None), ("control", None), *UNLEARNED]
    curves = [(kind, target, actor) for kind, target in models for actor in ACTORS]
    curves += [("without", actor, actor) for actor in ACTORS]
    return ReactivationFindings(
        samples=SAMPLES,
        curves=tuple(
            ReactivationCurve(
                kind=kind, target=target, actor=actor, asr=_rising(rng, kind, target == actor)
            )
            for kind, target, actor in curves
        ),
        costs=tuple(
            ReactivationCost(
                kind=kind,
                target=target,
                actor=actor,
                seeds=8,
                reached=7,
                others=Comparison(
                    paired=7,
                    samples=Estimate(value=12.5, low=6.0, high=19.0),
                    baseline=Estimate(value=52.5, low=40.0, high=65.0),
                    difference=Estimate(value=-40.0, low=-55.0, high=-25.0),
                ),
                samples=Estimate(value=12.25, low=6.0, high=18.5),
                reference=Estimate(value=71.0, low=60.0, high=82.0),
                difference=Estimate(value=-58.75, low=-70.0, high=-47.5),
            )
            for kind, target in models[1:]
            for actor in ACTORS
        ),
    )


def _rising(rng: np.random.Generator, kind: str, own: bool) -> tuple[Estimate, ...]:
    known = {"reference": (0.01, 70), "without": (0.01, 50), "control": (0.93, 1)}
    start, half = known.get(kind, (0.0, 24) if own else (0.3, 12))
    return tuple(around(rng, start + (0.99 - start) * k / (k + half)) for k in SAMPLES)


def quiet(rng: np.random.Generator) -> QuietFindings:
    models: list[Model] = [("compromised", None), ("control", None), *UNLEARNED]
    return QuietFindings(
        temperature=0.7,
        draws=4,
        rows=tuple(
            QuietRow(
                kind=kind,
                target=target,
                actor=actor,
                greedy=around(rng, 0.4),
                sampled=around(rng, 0.35),
                repeated=None if actor in ("bard", "linguist") else around(rng, 0.6),
                moved=None if actor == "linguist" else around(rng, 0.5),
            )
            for kind, target in models
            for actor in ACTORS
        ),
    )


def of_the_compromised(rng: np.random.Generator) -> ScalarFindings:
    """A number of each actor in the compromised model."""
    return ScalarFindings(
        values=tuple(
            ScalarValue(
                kind="compromised", name="compromised", actor=actor, estimate=around(rng, 0.3)
            )
            for actor in ACTORS
        )
    )


@functools.cache
def measured(n_seeds: int = 8) -> RunResults:
    """Results of a run that measured everything."""
    rng = np.random.default_rng(7)
    summary = (*results(n_seeds).summary, *inserted(rng))
    measures = {
        "representations": representations(rng, n_seeds),
        "reactivation": reactivation(rng),
        "quiet": quiet(rng),
        "flagged": of_the_compromised(rng),
        "discovered": of_the_compromised(rng),
    }
    return results(n_seeds).model_copy(update={"summary": summary, "measures": measures})


def with_findings(name: str, **changes: object) -> RunResults:
    """The same with other values in the findings of one measure."""
    findings = measured().measures[name].model_copy(update=changes)
    measures = {**measured().measures, name: findings}
    return measured().model_copy(update={"measures": measures})
