"""The page of a duel: who is ahead at the end, round by round, and everybody against everybody."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from arena.reporting import figures, outcomes
from arena.reporting.build import common, fill
from arena.reporting.duel_board import EVEN, SIDES, board, ending, headline, seeds_of, standing
from arena.reporting.numbers import MINUS, NONE, Estimate, decimals, duration, number, thousands
from arena.reporting.parts import Results, listed, names, part
from arena.reporting.strategies import plain, settings
from arena.reporting.view import sentence, words

KEPT = {True: "kept", False: "not kept"}


def page(results: Results) -> tuple[str, dict[str, str]]:
    """The page as HTML text, and its figures by name as SVG."""
    drawn = draw(results)
    return fill("duel.html", context(results), drawn), drawn


def draw(results: Results) -> dict[str, str]:
    """The payoff matrix, where anything was played."""
    found = board(results)
    return {"payoff": figures.payoff_heatmap(found)} if found.cells else {}


def context(results: Results) -> dict[str, Any]:
    """Everything that the template names, but for its figures and style."""
    at = standing(results)
    return {
        **common(results),
        "facts": _facts(results),
        "headline": headline(results),
        "verdict": outcomes.look(at.outcome, "red is ahead", "blue is ahead"),
        "at": at,
        "even": decimals(EVEN, 1),
        "actor": str(results.get("actor") or "the red actor"),
        "disclosed": outcomes.disclosed_in_words(results),
        "threshold": Estimate.read(results.get("threshold")),
        "ending": ending(results),
        "selected": selected(results),
        "rounds": [row for each in listed(results, "rounds") for row in rounds(each)],
        "costly": bool(board(results).lost),
        "infeasible": sorted(board(results).infeasible),
        "wide": round(board(results).wide),
        "strategies": {side: _strategies(results, side) for side in SIDES},
        "replies": _replies(results),
        "payoff": [_played(each) for each in listed(results, "payoff")],
    }


def _facts(results: Results) -> list[tuple[str, str]]:
    limits = {key: number(results.get(key)) for key in ("threshold", "budget")}
    pairs = [
        ("red actor", results.get("actor")),
        ("rounds", len(listed(results, "rounds")) or None),
        ("seeds", outcomes.seeds_in_words(part(results, "seeds"))),
        ("a gain counts above", plain(limits["threshold"]) if limits["threshold"] else ""),
        ("blue may spend", plain(limits["budget"]) if limits["budget"] else ""),
        ("took", duration(part(results, "seconds").get("total"))),
    ]
    return [(key, str(value)) for key, value in pairs if value]


def selected(results: Results) -> str:
    """Which seeds the rounds' numbers come from."""
    count = len(names(part(results, "seeds"), "select"))
    seeds = f"{count or 'the'} selection seed{'' if count == 1 else 's'}"
    return (
        f"Before and after come from {seeds} and validation prompts, and decided what was kept. "
        "After is of the best of a few that were picked on these very seeds, so a gain is a little "
        "optimistic; the payoffs come from fresh ones."
    )


def rounds(entry: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Both moves of a round, red first; a side that did not move is left out."""
    which = number(entry.get("round"))
    found = [(side, part(entry, side)) for side in SIDES if part(entry, side)]
    return [
        {
            "round": (NONE if which is None else f"{which:.0f}") if index == 0 else "",
            "side": side,
            "name": str(move.get("name") or NONE),
            "against": str(move.get("against") or NONE),
            "values": [Estimate.read(move.get(key)) for key in ("before", "after")],
            "gain": gain(move),
            "kept": KEPT.get(move.get("kept") is True) if "kept" in move else NONE,
            "strong": move.get("kept") is True,
            "trials": thousands(move.get("trials")),
            "feasible": thousands(move.get("feasible")),
            "setup": words(move.get("setup")),
        }
        for index, (side, move) in enumerate(found)
    ]


def gain(move: Mapping[str, Any]) -> str:
    """What a move won for its own side, with its sign."""
    value = number(move.get("gain"))
    text = decimals(value, 3)  # beside a threshold, 0.047 must not look like 0.05
    return text if value is None or text.startswith(MINUS) or value <= 0 else f"+{text}"


def _strategies(results: Results, side: str) -> list[dict[str, Any]]:
    held = getattr(standing(results), side)
    return [
        {
            "name": str(each.get("name") or NONE),
            "round": thousands(each.get("round")),
            "setup": sentence(words(each.get("setup"))) or NONE,
            "spent": plain(each.get("spent")) if number(each.get("spent")) is not None else "",
            "changes": settings(part(each, "changes")),
            "held": each.get("name") == held,
            "feasible": outcomes.yes_or_no(each.get("feasible")),
            "bad": each.get("feasible") is False,
        }
        for each in listed(part(results, "strategies"), side)
    ]


def _replies(results: Results) -> dict[str, list[tuple[str, str]]]:
    found = part(results, "replies")
    return {side: [(str(a), str(b)) for a, b in part(found, side).items()] for side in SIDES}


def _played(cell: Mapping[str, Any]) -> dict[str, Any]:
    keys = ("left", "control", "own_left", "clean_accuracy")
    seeds, values = seeds_of(cell), cell.get("per_seed")
    return {
        "pair": [str(cell.get(side) or NONE) for side in SIDES],
        "values": [Estimate.read(cell.get(key)) for key in keys],
        "seeds": NONE if seeds is None else seeds,
        "each": ", ".join(decimals(number(v)) for v in values) if isinstance(values, list) else "",
    }
