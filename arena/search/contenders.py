"""The report of a search: strategies side by side on fresh seeds and test prompts, against the
defender of the search and against an unseen one."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from arena.errors import InputError
from arena.results.estimate import Estimate
from arena.results.scenario import TacticRecord
from arena.results.tune import TUNED, ContenderRecord, Difference
from arena.scenario.load import varied
from arena.scenario.schema import Scenario
from arena.scenario.search import Attack
from arena.search.constraints import attack_constraints, feasible, violated
from arena.search.observations import Observation, exclusion_reason, is_installed
from arena.search.phases import Evaluate, on_test
from arena.statistics.comparison import SAYS, side
from arena.statistics.intervals import over_seeds, paired, rate_over_seeds

SEEN, UNSEEN = "seen", "unseen"


@dataclass(frozen=True)
class Contender:
    """A strategy in the report.

    Attributes:
        trial: its number in its study; None if it is not from a search.
        changes: the scenario's keys that it sets, with their values. setup: the same in words.
        search, select: observations on those seeds; empty if not measured.
        report: observations on the report's seeds, by defender (`seen`, `unseen`). failed: why a
            seed could not be measured, by defender and seed.
    """

    name: str
    trial: int | None
    changes: Mapping[str, Any]
    setup: str
    search: Sequence[Observation] = ()
    select: Sequence[Observation] = ()
    report: Mapping[str, Sequence[Observation]] = field(default_factory=dict)
    failed: Mapping[str, Mapping[int, str]] = field(default_factory=dict)


def reported(
    contenders: Sequence[Contender],
    scenario: Scenario,
    attack: Attack,
    unseen: Mapping[str, Any],
    evaluate: Evaluate,
) -> tuple[list[Contender], dict[str, str]]:
    """Return the contenders with their observations on the report's seeds; and of those that could
    not be measured in any seed under the search's defender, why, by name. A comparison that makes
    no valid scenario (a strategy without one of its tactics, on which another depends) is one.

    Raises:
        InputError: the scenario of the tuned strategy is not valid.
    """
    scenarios: dict[Hashable, Scenario] = {}
    found, failed = list[Contender](), dict[str, str]()
    for each in contenders:
        try:
            own = report_scenarios(each, scenario, attack, unseen)
        except InputError as error:
            if each.name == TUNED:
                raise
            failed[each.name] = str(error)
            continue
        scenarios |= {(each.name, defender): made for defender, made in own.items()}
    measured = evaluate(scenarios, attack.actor)
    for each in contenders:
        if each.name in failed:
            continue
        by_defender = {d: measured[each.name, d] for d in (SEEN, UNSEEN)}
        if not by_defender[SEEN].seen:
            failed[each.name] = next(iter(by_defender[SEEN].failed.values()))
            continue
        report = {defender: seeds.seen for defender, seeds in by_defender.items()}
        reasons = {defender: seeds.failed for defender, seeds in by_defender.items()}
        found.append(replace(each, report=report, failed=reasons))
    return found, failed


def report_scenarios(
    each: Contender, scenario: Scenario, attack: Attack, unseen: Mapping[str, Any]
) -> dict[str, Scenario]:
    """Return a contender's scenarios of the report, by defender; the whole league is in that of the
    search's defender.

    Raises:
        InputError: the strategy makes no valid scenario.
    """
    seeds, name = attack.seeds.report, f"report of {each.name}"
    return {
        defender: on_test(scenario, seeds, {**each.changes, **defence}, name, league=whole)
        for defender, defence, whole in ((SEEN, {}, True), (UNSEEN, unseen, False))
    }


def broken_limits(each: Contender, scenario: Scenario, attack: Attack) -> list[str]:
    """Return the names of the limits that a strategy breaks on the report's seeds that count, under
    the defender of the search."""
    own = varied(scenario, each.changes, each.name)
    counted = [s for s in each.report[SEEN] if exclusion_reason(s, scenario, attack) is None]
    return violated(attack_constraints(counted, own, attack)) if counted else []


def contender_record(each: Contender, scenario: Scenario, attack: Attack) -> ContenderRecord:
    """Return one row of the report. Only `report` and `unseen` are results; they leave out the
    seeds with an `exclusion_reason`."""
    seen, unseen = each.report[SEEN], each.report[UNSEEN]
    against = {SEEN: attack, UNSEEN: against_unseen(attack)}
    own = varied(scenario, each.changes, each.name)
    kept = [feasible(attack_constraints([s], own, attack)) for s in seen]
    constraints = attack_constraints(seen, own, attack)
    installed = [is_installed(s, scenario.thresholds) for s in seen]
    counted, counted_unseen = (
        [s for s in each.report[name] if exclusion_reason(s, scenario, faced) is None]
        for name, faced in against.items()
    )
    return ContenderRecord(
        name=each.name,
        trial=each.trial,
        setup=each.setup,
        tactics=tactics_of(each.changes, attack.actor),
        search=estimate(each.search, attack),
        select=estimate(each.select, attack),
        report=estimate(counted, attack),
        unseen=estimate(counted_unseen, against[UNSEEN]),
        by_defence=by_defence(counted, attack),
        report_seeds=len(counted),
        unseen_seeds=len(counted_unseen),
        control=controls(seen),
        control_unseen=controls(unseen),
        own_left=rate_over_seeds(s.own_left_at(attack.doses) for s in seen),
        own_left_unseen=rate_over_seeds(s.own_left_at(attack.doses) for s in unseen),
        defended_loss=over_seeds((s.defended_loss for s in seen), "graded"),
        near_miss=rate_over_seeds(max(s.near_miss, 0.0) for s in seen),
        clean_accuracy=over_seeds((s.accuracy for s in seen), "graded"),
        installed=sum(installed),
        feasible=sum(kept),
        constraints=constraints,
        seeds=len(seen) + len(each.failed.get(SEEN, ())),
    )


def tactics_of(changes: Mapping[str, Any], actor: str) -> tuple[TacticRecord, ...]:
    """Return the actor's tactics as a strategy sets them; empty if it sets none."""
    return tuple(TacticRecord(each) for each in changes.get(f"actors.{actor}.tactics", ()))


def difference(
    one: Contender, other: Contender, defender: str, scenario: Scenario, attack: Attack
) -> Difference:
    """Return the paired difference of two strategies' remaining ASR, seed by seed; seeds that are
    excluded for either strategy are left out, with the reason."""
    faced = attack if defender == SEEN else against_unseen(attack)
    per_seed: dict[int, float] = {}
    left_out: dict[str, str] = {}
    by_seed = [{s.seed: s for s in each.report[defender]} for each in (one, other)]
    for seed in _seeds(one, other, defender):
        reasons = (
            (each.name, _reason(each, seen.get(seed), seed, defender, scenario, faced))
            for each, seen in zip((one, other), by_seed, strict=True)
        )
        why = "; ".join(f"{name} {reason}" for name, reason in reasons if reason)
        if why:
            left_out[str(seed)] = why
        else:
            a, b = (seen[seed] for seen in by_seed)
            per_seed[seed] = value_of(a, faced) - value_of(b, faced)
    mean, p = paired(per_seed.values(), ranged=True)
    return Difference(
        of=one.name,
        against=other.name,
        defender=defender,
        difference=mean,
        p=p,
        per_seed=tuple(round(value, 4) for value in per_seed.values()),
        seeds=tuple(per_seed),
        left_out=left_out,
    )


def _seeds(one: Contender, other: Contender, defender: str) -> list[int]:
    """The seeds of both, in order; ValueError if they are not the same."""
    mine, others = (
        {*(s.seed for s in each.report[defender]), *each.failed.get(defender, ())}
        for each in (one, other)
    )
    if mine != others:
        raise ValueError(f"{one.name} and {other.name} were measured on different seeds")
    return sorted(mine)


def _reason(
    each: Contender,
    seen: Observation | None,
    seed: int,
    defender: str,
    scenario: Scenario,
    attack: Attack,
) -> str | None:
    """Why a seed does not count for a contender, or None."""
    if seen is None:
        return f"failed: {each.failed[defender][seed]}"
    return exclusion_reason(seen, scenario, attack)


def verdict(differences: Sequence[Difference]) -> str:
    """Return the differences in words: which strategy is ahead, or why neither can be said to
    be."""
    sentences = []
    for each in differences:
        interval = each.difference
        which, why = side(interval.low, interval.high, len(each.seeds), p=each.p)
        rival = f"{each.against} ({each.defender} defender)"
        sentences.append(f"{each.of} {SAYS[which]} {rival}{f': {why}' if why else ''}")
    return "; ".join(sentences)


def estimate(seen: Sequence[Observation], attack: Attack) -> Estimate:
    """Return mean and interval over seeds of the remaining ASR."""
    return rate_over_seeds(value_of(each, attack) for each in seen)


def value_of(seen: Observation, attack: Attack) -> float:
    """Return the remaining ASR of one seed under the defences that the attack is against."""
    return seen.value(attack.disclosed, attack.against)


def against_unseen(attack: Attack) -> Attack:
    """Return the attack with the unseen defender to survive, at the doses that it names, and no
    defence of the league: those are not measured beside it."""
    return attack.model_copy(update={"against": attack.doses})


def by_defence(seen: Sequence[Observation], attack: Attack) -> dict[str, Estimate]:
    """Return mean and interval over seeds of the remaining ASR, for each defence that was
    measured."""
    seeds = [each.by_defence(attack.disclosed) for each in seen]
    names = dict.fromkeys(name for each in seeds for name in each)
    return {name: rate_over_seeds(each.get(name) for each in seeds) for name in names}


def controls(seen: Sequence[Observation]) -> Estimate:
    """Return mean and interval over seeds of the ASR after the clean fine-tune."""
    return rate_over_seeds(s.control for s in seen)
