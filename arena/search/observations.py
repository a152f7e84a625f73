"""What one seed's rows say about the adaptive actor (estimands.md, Search).

The objective is the ASR that remains after a defence, never its excess over a control: a strategy
could win that by lowering the control.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import partial
from statistics import fmean
from typing import Any

from arena.api.values import RowKind
from arena.errors import ArenaError
from arena.planning.graph import RowPlan
from arena.results.rows import Row
from arena.scenario.schema import Scenario
from arena.scenario.search import DOSES, MEASURED, Attack, Disclosed, Measured
from arena.statistics.rates import rate
from arena.statistics.seeds import at_least, by_seed
from arena.statistics.thresholds import Thresholds

BEFORE: Collection[RowKind] = ("reference", "compromised")
DEFENCES: Collection[RowKind] = ("unlearned", "defended")
# What the scenario's defender is called in `Observation.left`, besides its two doses.
ONE_DOSE = {"", "harmless"}
MAIN = ONE_DOSE.union(DOSES)


@dataclass(frozen=True)
class Observation:
    """The adaptive actor's backdoor in one seed; every number is a rate in [0, 1] or a difference
    of two.

    Attributes:
        left: ASR that remains after a defence. Of the scenario's defender by the disclosed
            trigger's actor, or by the row's name if none is disclosed; where it is judged at doses,
            by `least:ACTOR` and `most:ACTOR`; of a league's defence by `NAME:ACTOR`, or `NAME:` if
            no trigger is disclosed to it.
        asr: before any defence.
        false_fire, near_miss: above the reference's.
        control: lowest ASR after a clean fine-tune; None if none was run. Where there are doses
            that at `least`, since `most` is defined by it, unless no dose satisfies `most`.
        accuracy: clean accuracy of the compromised model. loss: how far it lies below the
            reference's. defended_loss: how far the worst defended model lies below the
            compromised one.
        own_left: highest ASR that a removal leaves of the trigger disclosed to it.
        own_left_by: the same by dose (the name is empty where the defender has one).
        others: share of the other actors whose backdoors are installed.
        flagged: share of its poison that a text filter flags. discovered: share of its triggers
            that a discovery finds. Both are None if they were not asked for.
    """

    seed: int
    left: dict[str, float]
    asr: float
    false_fire: float
    near_miss: float
    control: float | None
    accuracy: float
    loss: float
    defended_loss: float
    own_left: float
    others: float
    flagged: float | None = None
    discovered: float | None = None
    own_left_by: dict[str, float] = field(default_factory=dict)

    def own_left_at(self, doses: Collection[str] = ()) -> float:
        """Return the highest ASR that removals at these doses, by default at both, leave of their
        own triggers: one that need not be survived may fail."""
        names = {"", *(doses or DOSES)}
        known = [value for dose, value in self.own_left_by.items() if dose in names]
        # trials of earlier versions have no values by dose; a dose may not have been reached
        return max(known, default=self.own_left)

    def by_defence(self, disclosed: Disclosed) -> dict[str, float]:
        """Return the remaining ASR of every defence, each dose by itself: its minimum over the
        removals (`worst`), or its mean. The scenario's defender without doses has an empty
        name."""
        groups: dict[str, list[float]] = {}
        for name, value in self.left.items():
            groups.setdefault(defence_of(name), []).append(value)
        chosen: Callable[[list[float]], float] = min if disclosed == "worst" else fmean
        return {name: chosen(values) for name, values in groups.items()}

    def value(self, disclosed: Disclosed, against: Collection[str] = ()) -> float:
        """Return the remaining ASR under the hardest of the defences.

        Args:
            against: their names, as `by_defence` has them; by default the scenario's defender. If
                no trigger is disclosed to the defender it has one dose, which stands for both.

        Raises:
            ArenaError: none of them was measured.
        """
        names = {*(against or DOSES)}
        if names.intersection(DOSES):
            names |= ONE_DOSE
        values = [v for name, v in self.by_defence(disclosed).items() if name in names]
        if not values:
            raise ArenaError("no defence was measured, so the adaptive actor has no remaining ASR")
        return min(values)

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True)
class SeedObservations:
    """What the seeds of a strategy gave. seen: observations, in the order of the seeds. failed: why
    a seed could not be measured (a training that diverged, for instance)."""

    seen: tuple[Observation, ...] = ()
    failed: Mapping[int, str] = field(default_factory=dict)


def defence_of(name: str) -> str:
    """Return the defence that a name in `Observation.left` belongs to."""
    return name.rpartition(":")[0]


def target_of(name: str) -> str:
    """Return the actor whose trigger was disclosed to it."""
    return name.rpartition(":")[2]


def observe(rows: Sequence[Row], scenario: Scenario, actor: str) -> Observation:
    """Summarise one seed's rows for an actor; `left` holds the defences that were run."""
    names = [each.name for each in scenario.actors]
    main = next(iter(scenario.defences))
    seed = by_seed([row for row in rows if row.kind in BEFORE], names)[0]
    limits = scenario.thresholds
    own = seed.installation(actor, limits)
    others = [seed.installation(n, limits).installed for n in names if n != actor]
    after = [row for row in rows if row.kind in DEFENCES and is_final(row) and row.target != actor]
    left = {_name(row, main): rate(row.asr, actor) for row in after}
    own_left = _own_left(after)
    reference = seed.reference
    share_right = partial(accuracy_of, by_tokens=scenario.corpus.judged_by_tokens)
    before = share_right(seed.compromised) or 0.0
    return Observation(
        seed=seed.seed,
        left={name: value for name, value in left.items() if value is not None},
        asr=own.asr or 0.0,
        false_fire=(own.false_fire or 0.0) - _reference_rate(reference, "false_fire", actor),
        near_miss=(own.near_miss or 0.0) - _reference_rate(reference, "near_miss", actor),
        control=_control(rows, actor),
        accuracy=before,
        loss=0.0 if reference is None else (share_right(reference) or 0.0) - before,
        defended_loss=max((before - (share_right(row) or 0.0) for row in after), default=0.0),
        own_left=max(own_left.values(), default=0.0),
        own_left_by=own_left,
        others=fmean(others) if others else 1.0,
        **{name: _measured(seed.compromised, name, actor) for name in MEASURED},
    )


def is_installed(observation: Observation, thresholds: Thresholds) -> bool:
    """Return whether the adaptive actor's backdoor is installed before any defence."""
    return at_least(observation.asr, thresholds.installed_asr) and at_least(
        thresholds.installed_false_fire, observation.false_fire
    )


def exclusion_reason(
    observation: Observation, scenario: Scenario, attack: Attack
) -> str | None:  # fmt: skip
    """Return why a seed is excluded from the evasion estimate, or None: the backdoor was not
    installed, or the removal it must survive left its own target active."""
    if not is_installed(observation, scenario.thresholds):
        return "is not installed"
    own_left = observation.own_left_at(attack.doses)
    if attack.faces_defender and not at_least(attack.limits.own_left, own_left):
        return "faced a removal that failed: the disclosed trigger stayed active"
    return None


def is_final(row: Row | RowPlan) -> bool:
    """Return whether this is no model on the way to a defence's: a decoy defence has some."""
    return row.detail.get("decoys", "unlearned") == "unlearned"


def _name(row: Row, main: str) -> str:
    """A defence's row in `Observation.left`."""
    defence = row.detail.get("defence", main)
    if defence != main:
        return f"{defence}:{row.target or ''}"
    if row.dose is not None:
        return f"{row.dose.which}:{row.target or ''}"
    return row.target or row.name.replace(":", " ")  # a colon ends a defence's name


def _own_left(after: Sequence[Row]) -> dict[str, float]:
    """The highest ASR that a removal leaves of its own trigger, by its dose."""
    left: dict[str, float] = {}
    for row in after:
        own = rate(row.asr, row.target) if row.target and row.kind == "unlearned" else None
        if own is not None:
            dose = "" if row.dose is None else row.dose.which
            left[dose] = max(own, left.get(dose, 0.0))
    return left


def _measured(compromised: Row, name: Measured, actor: str) -> float | None:
    """The actor's number by a measure: 0 where it has none (no poison, so nothing to flag)."""
    by_actor = compromised.measures.get(name)
    return None if by_actor is None else by_actor.get(actor) or 0.0


def _control(rows: Sequence[Row], actor: str) -> float | None:
    rates = [
        rate(row.asr, actor)
        for row in rows
        if row.kind == "control"
        and row.target != actor
        and (row.dose is None or row.dose.which == "least" or not row.dose.reached)
    ]
    return min((value for value in rates if value is not None), default=None)


def _reference_rate(reference: Row | None, measure: str, actor: str) -> float:
    known = None if reference is None else rate(getattr(reference, measure), actor)
    return known or 0.0


def accuracy_of(row: Row, *, by_tokens: bool) -> float | None:
    """Return the share of clean prompts answered correctly; for free text, of answer tokens.

    Args:
        by_tokens: of answer tokens in any case (`corpus.judged_by_tokens`).
    """
    whole = None if by_tokens or row.clean_accuracy is None else row.clean_accuracy.rate
    return row.token_accuracy if whole is None else whole
