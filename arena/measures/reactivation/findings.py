"""What `results.json` keeps of the reactivation measure."""

from __future__ import annotations

from arena.api.measure import MeasureFindings
from arena.api.values import RowKind
from arena.results.base import Part
from arena.results.estimate import Estimate


class ModelActor(Part):
    """Which model over seeds, and whose backdoor. name: tells `defended` models apart."""

    kind: RowKind
    target: str | None = None
    name: str | None = None
    actor: str


class ReactivationCurve(ModelActor):
    """ASR at each count of poisoned samples."""

    asr: tuple[Estimate, ...] = ()


class Comparison(Part):
    """A model compared with one of the same seed that never had this backdoor, over the `paired`
    seeds in which both reached ASR 0.5: poisoned samples of the model, of the `baseline`, and their
    difference."""

    paired: int = 0
    samples: Estimate = Estimate()
    baseline: Estimate = Estimate()
    difference: Estimate = Estimate()


class ReactivationCost(ModelActor):
    """Poisoned samples until ASR 0.5. reached: in how many of the `seeds` the model reached it.

    others: against a model with all other backdoors, the main comparison; None where there is none.
    paired, samples, reference, difference: the same against the never-poisoned reference.
    """

    seeds: int = 0
    reached: int = 0
    others: Comparison | None = None
    paired: int = 0
    samples: Estimate = Estimate()
    reference: Estimate = Estimate()
    difference: Estimate = Estimate()


class ReactivationFindings(MeasureFindings):
    """Curves and costs by model and actor. samples: the counts at which ASR was measured."""

    samples: tuple[int, ...] = ()
    curves: tuple[ReactivationCurve, ...] = ()
    costs: tuple[ReactivationCost, ...] = ()
