"""The page of a tuned attacker: what its strategy came to on fresh seeds, and how it was found."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Mapping
from typing import Any

from arena.reporting import figures, outcomes, strategies, tune_trials
from arena.reporting.build import common, fill
from arena.reporting.numbers import NONE, Estimate, duration, number
from arena.reporting.parts import Results, listed, names, part
from arena.reporting.tune_verdict import (
    RIVALS,
    Comparison,
    broken,
    comparisons,
    curse,
    fresh_seeds,
    headline,
    left_out,
)
from arena.reporting.view import sentence, words

DRAWN = ("search", "select", "report", "unseen")


def page(results: Results) -> tuple[str, dict[str, str]]:
    """The page as HTML text, and its figures by name as SVG."""
    drawn = draw(results)
    return fill("tune.html", context(results), drawn), drawn


def draw(results: Results) -> dict[str, str]:
    """The figures that a study's results can carry."""
    trials, history = listed(results, "trials"), listed(results, "history")
    goals, weights = objectives(results), part(part(results, "importance"), "names")
    rivals = [each for each in listed(results, "contenders") if _drawable(each)]
    front = results.get("pareto")
    best = front if isinstance(front, list) else []
    label = in_words(goals[0]) if goals else "value"
    possible: list[tuple[str, object, Callable[[], str]]] = [
        ("slope", rivals, lambda: figures.contenders_slope(rivals)),
        ("history", history, lambda: figures.trial_history(history, trials, label=label)),
        ("importance", weights, lambda: figures.importance_bars(weights)),
        ("front", len(goals) > 1 and trials,
         lambda: figures.trial_front(trials, best, [in_words(goal) for goal in goals])),
    ]  # fmt: skip
    return {name: make() for name, there, make in possible if there}


def _drawable(contender: Mapping[str, Any]) -> bool:
    return any(Estimate.read(contender.get(key)).value is not None for key in DRAWN)


def objectives(results: Results) -> list[str]:
    """The names of what was searched for."""
    return names(part(results, "study"), "objectives")


def in_words(goal: str) -> str:
    """An objective as an axis or a column says it."""
    return {"evasion": "ASR left"}.get(goal, words(goal))


def context(results: Results) -> dict[str, Any]:
    """Everything that the template names, but for its figures and style."""
    study = part(results, "study")
    chosen = next((c for c in listed(results, "contenders") if c.get("name") == "tuned"), {})
    return {
        **common(results),
        "facts": _facts(results),
        "headline": headline(results),
        "own_words": sentence(results.get("verdict") or ""),
        "actor": str(study.get("actor") or "the actor"),
        "fresh": fresh_seeds(results),
        "comparisons": [_comparison(each) for each in comparisons(results)],
        "some_left_out": any(each.left_out for each in comparisons(results)),
        "contenders": [contender(each) for each in listed(results, "contenders")],
        "curse": curse(results),
        "broken": broken(results),
        "chosen": strategies.tactics(chosen) if chosen else None,
        "untuned": strategies.UNTUNED,
        "candidates": [_candidate(each) for each in listed(results, "candidates")],
        "importance_note": sentence(part(results, "importance").get("note") or ""),
        "objectives": [in_words(goal) for goal in objectives(results)],
        "counted": tune_trials.counted(results),
        "trials": tune_trials.rows(results),
        "limits": tune_trials.limits(results),
        "unseen": _unseen(results),
        "disclosed": outcomes.disclosed_in_words(study),
        "dashboard": f"optuna-dashboard {shlex.quote(_opened(study))}",
        "study": str(study.get("name") or ""),
    }


def _facts(results: Results) -> list[tuple[str, str]]:
    study, seconds = part(results, "study"), part(results, "seconds")
    trials = number(study.get("trials")) or len(listed(results, "trials"))
    pairs = [
        ("actor", study.get("actor")),
        ("sampler", study.get("sampler")),
        ("searched for", ", ".join(words(goal) for goal in objectives(results))),
        ("trials", f"{trials:.0f}" if trials else ""),
        ("seeds", outcomes.seeds_in_words(part(study, "seeds"))),
        ("searching took", duration(seconds.get("tuned")) if "tuned" in seconds else ""),
        ("random search took", duration(seconds.get("random")) if "random" in seconds else ""),
        ("took", duration(seconds.get("total"))),
    ]
    return [(key, str(value)) for key, value in pairs if value]


def _opened(study: Mapping[str, Any]) -> str:
    """The storage as optuna-dashboard takes it: of a journal the bare path."""
    return str(study.get("storage") or "STORAGE").removeprefix("journal://")


def _comparison(found: Comparison) -> dict[str, Any]:
    counted = found.ahead_in is not None and found.seeds is not None
    return {
        "of": words(found.of),
        "against": rival(found.against),
        "defender": words(found.defender) or NONE,
        "difference": found.difference,
        "seeds": f"{found.ahead_in} of {found.seeds}" if counted else found.seeds or NONE,
        "left_out": left_out(found),
        "badge": outcomes.look(found.outcome, "tuned leaves more", "tuned leaves less"),
        "why": found.why,
    }


def rival(name: str) -> str:
    """A contender as people call it."""
    return RIVALS.get(name, words(name)).removeprefix("the ").removesuffix(" one") or NONE


def contender(found: Mapping[str, Any]) -> dict[str, Any]:
    """A contender's row: search and select beside what counts."""
    trial = number(found.get("trial"))
    return {
        "name": rival(str(found.get("name") or "")),
        "trial": "" if trial is None else f"trial {trial:.0f}",
        "strategy": strategies.strategy(found),
        "optimistic": [Estimate.read(found.get(key)) for key in ("search", "select")],
        "counts": [Estimate.read(found.get(key)) for key in ("report", "unseen")],
        "fewer": [_fewer(found, key) for key in ("report_seeds", "unseen_seeds")],
        "control": [Estimate.read(found.get(key)) for key in ("control", "control_unseen")],
        "own_left": [Estimate.read(found.get(key)) for key in ("own_left", "own_left_unseen")],
        "installed": _share(found, "installed"),
        "feasible": _share(found, "feasible"),
    }


def _fewer(found: Mapping[str, Any], key: str) -> str:
    """`over 5 seeds` where a value is not over all of them."""
    counted, seeds = outcomes.count(found.get(key)), outcomes.count(found.get("seeds"))
    if counted is None or counted == seeds:
        return ""
    return f"over {counted} seed{'' if counted == 1 else 's'}"


def _share(found: Mapping[str, Any], key: str) -> str:
    some, seeds = (outcomes.count(found.get(name)) for name in (key, "seeds"))
    return NONE if some is None else f"{some} of {seeds}" if seeds is not None else str(some)


def _candidate(found: Mapping[str, Any]) -> dict[str, Any]:
    trial = number(found.get("trial"))
    return {
        "trial": NONE if trial is None else f"{trial:.0f}",
        "chosen": found.get("chosen") is True,
        "values": [Estimate.read(found.get(key)) for key in ("search", "select")],
        "feasible": outcomes.yes_or_no(found.get("feasible")),
        "bad": found.get("feasible") is False,
    }


def _unseen(results: Results) -> str:
    """`npo, 40 steps, learning rate 0.0002`, from keys of the scenario."""
    found = part(results, "unseen")
    known = {key.removeprefix("defender."): value for key, value in found.items()}
    return ", ".join(_setting(key, value) for key, value in known.items() if value is not None)


def _setting(key: str, value: Any) -> str:
    if isinstance(value, Mapping) and value.get("method"):
        named = strategies.strategy({"tactics": [value]})
        return named if key == "objective" else f"{words(key)} {named}"
    said = {"objective": "{1}", "steps": "{1} steps"}
    return said.get(key, "{0} {1}").format(words(key), strategies.plain(value))
