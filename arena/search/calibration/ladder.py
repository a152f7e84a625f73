"""The order in which exposures are tried: up until every backdoor installs, then down.

A ladder, not a sampler: with more steps or more poison a backdoor installs better, each actor's
poison acts mostly on its own backdoor, and what a try broke says which lever to move. A sampler
would spend most of a dozen tries on learning this, and its tries would not say why they failed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from arena.search.calibration.levers import Levers, Values

UP, DOWN = 1.5, 1 / 1.25  # factors of a step of the ladder, up and down
FAR = 0.5  # ASR below which a step up is twice as long
ROUNDING = 1e-9


@dataclass(frozen=True)
class Limits:
    """What exposures must keep. asr: minimum ASR. false_fire: maximum above the reference's. lost:
    maximum mean accuracy on clean prompts lost against the reference. kept: minimum ASR after the
    clean fine-tune."""

    asr: float
    false_fire: float
    lost: float
    kept: float


@dataclass(frozen=True)
class Measured:
    """What exposures gave, over the seeds measured so far; empty or None where not measured.

    Attributes:
        asr: lowest over seeds, by actor.
        false_fire: highest over seeds above the reference's, by actor.
        lost: clean accuracy below the reference's, mean over seeds.
        kept: lowest ASR after the clean fine-tune, by actor; at the dose `most` where there are
            doses.
        no_most: whether in some seed no dose exists at which the clean fine-tune keeps everything.
        whole: whether everything was measured in every seed.
    """

    seeds: int
    asr: Mapping[str, float]
    false_fire: Mapping[str, float] = field(default_factory=dict)
    lost: float | None = None
    kept: Mapping[str, float] = field(default_factory=dict)
    no_most: bool = False
    whole: bool = False


@dataclass(frozen=True)
class Shortfall:
    """Which limits were broken: low ASR, false fire, accuracy, and backdoors that the clean
    fine-tune erases."""

    low: tuple[str, ...] = ()
    fires: tuple[str, ...] = ()
    lost: bool = False
    erased: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.low or self.fires or self.lost or self.erased)


def shortfall(measured: Measured, limits: Limits) -> Shortfall:
    """Return which limits were broken by what was measured."""
    erased = _under(measured.kept, limits.kept)
    return Shortfall(
        low=_under(measured.asr, limits.asr),
        fires=tuple(
            name for name, v in measured.false_fire.items() if v > limits.false_fire + ROUNDING
        ),
        lost=measured.lost is not None and measured.lost > limits.lost + ROUNDING,
        erased=(erased or tuple(measured.asr)) if measured.no_most else erased,
    )


def _under(rates: Mapping[str, float], limit: float) -> tuple[str, ...]:
    return tuple(name for name, rate in rates.items() if rate < limit - ROUNDING)


def up(values: Values, levers: Levers, measured: Measured, short: Shortfall) -> Iterator[Values]:
    """Yield what to try after exposures that broke a limit, the best guess first."""
    if short.low:
        factor = UP**2 if min(measured.asr[name] for name in short.low) < FAR else UP
        steps = levers.more_steps(values, factor)
        quiet = [name for name in short.low if name not in short.fires]
        poison = levers.more_poison(values, quiet, factor)
        few = 2 * len(short.low) <= len(measured.asr)
        yield from (poison, steps) if few else (steps, poison)
        yield levers.more_poison(steps, quiet, factor)
        yield levers.faster(values, UP)
    if short.fires:
        less = levers.more_poison(values, short.fires, 1 / UP)
        yield levers.more_steps(less, UP)
        yield less
    if short.lost:
        yield levers.faster(values, 1 / UP)
        yield levers.more_poison(values, [*levers.poison], 1 / UP)
    if short.erased:
        yield levers.more_steps(values, UP)
        yield levers.more_poison(values, short.erased, UP)


def down(values: Values, levers: Levers) -> Iterator[tuple[str, Values]]:
    """Yield smaller exposures than these by one step of the ladder, each with a name: fewer steps,
    all actors' poison, then each actor's."""
    yield "steps", levers.more_steps(values, DOWN)
    yield "poison", levers.more_poison(values, [*levers.poison], DOWN)
    for name in levers.poison if len(levers.poison) > 1 else ():
        yield f"poison of {name}", levers.more_poison(values, [name], DOWN)


@dataclass
class Ladder:
    """Proposes exposures one after another, from what the tries before gave.

    Attributes:
        best: the smallest exposures so far that keep every limit; None if none does.
    """

    levers: Levers
    limits: Limits
    best: Values | None = None
    _tried: list[tuple[Values, Measured]] = field(default_factory=list)
    _stuck: set[str] = field(default_factory=set)
    _lowered: str = ""

    def record(self, values: Values, measured: Measured) -> None:
        """Add a try and its measurement."""
        self._tried.append((values, measured))
        if measured.whole and not shortfall(measured, self.limits):
            self.best = values
        elif self.best is not None:
            self._stuck.add(self._lowered)

    def refuse(self, values: Values) -> None:
        """Never propose these exposures again: the scenario does not allow them."""
        self._tried.append((values, Measured(0, {})))

    def proposal(self) -> Values | None:
        """Return what to try next; None if there is nothing left to try."""
        if not self._tried:
            return dict(self.levers.start)
        return self._smaller() if self.best is not None else self._larger()

    def _larger(self) -> Values | None:
        for values, measured in self._closest():
            short = shortfall(measured, self.limits)
            for proposed in up(values, self.levers, measured, short):
                if self._is_new(proposed):
                    return proposed
        return None

    def _closest(self) -> Sequence[tuple[Values, Measured]]:
        """The tries so far, the latest first: what follows a try has learned from it."""
        return [each for each in reversed(self._tried) if each[1].seeds]

    def _smaller(self) -> Values | None:
        assert self.best is not None
        steps = list(down(self.best, self.levers))
        last = next((n for n, (name, _) in enumerate(steps) if name == self._lowered), -1)
        for name, proposed in (*steps[last + 1 :], *steps[: last + 1]):  # each in turn
            if name not in self._stuck and self._is_new(proposed):
                self._lowered = name
                return proposed
        return None

    def _is_new(self, proposed: Values) -> bool:
        return all(proposed != values for values, _ in self._tried)
