"""Decoy defences as the page shows them: what planting erased, and what the held-out foretold."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from arena.reporting.numbers import Estimate, decimals, number, thousands
from arena.reporting.parts import Results, listed, names, part
from arena.reporting.view import p_value, words

Found = Mapping[str, Any]
COLUMNS = ("held_out_asr", "real_asr", "held_out_transfer", "real_transfer")
CLEAR = 0.05


def decoys(results: Results) -> list[dict[str, Any]]:
    """Every decoy defence: its table, comparisons and sentences; empty where there is none."""
    actors = names(results, "actors")
    return [_defence(found, actors) for found in listed(results, "decoys")]


def _defence(found: Found, actors: list[str]) -> dict[str, Any]:
    table = listed(found, "table")
    alone, by_method = ([_comparison(each) for each in listed(found, key)]
                        for key in ("left_out", "by_method"))  # fmt: skip
    same = [each["name"] for each in alone] == [each["name"] for each in by_method]
    held, gone = (_methods(table, key) for key in ("held_out", "unlearned"))
    return {
        "name": str(found.get("defence") or ""),
        "actors": actors,
        "held_out": [words(method) for method in held],
        "unlearned": [words(method) for method in gone],
        "rows": [
            {
                "label": str(line.get("label") or line.get("stage")),
                "cells": [Estimate.read(part(line, "actors").get(actor)) for actor in actors]
                + [Estimate.read(part(line, "held_out").get(method)) for method in held]
                + [Estimate.read(part(line, "unlearned").get(method)) for method in gone],
            }
            for line in table
        ],
        "erased": [Estimate.read(part(found, "erased").get(actor)) for actor in actors],
        "left_out": alone,
        # One method left out at a time: the same models, which need no second table.
        "by_method": [] if same else by_method,
        "says": prediction(part(part(found, "overall"), "prediction")),
        "absent": _absent(found),
    }


def _methods(table: list[Found], key: str) -> list[str]:
    return list(dict.fromkeys(method for line in table for method in part(line, key)))


def _comparison(found: Found) -> dict[str, Any]:
    told = part(found, "prediction")
    return {
        "name": " + ".join(words(method) for method in names(found, "methods")),
        "values": [Estimate.read(found.get(key)) for key in COLUMNS],
        "rho": Estimate.read(told.get("rho")),
        "p": p_value(told.get("p")),
        "bias": Estimate.read(told.get("bias")),
        "seeds": thousands(told.get("seeds")),
        "reason": str(told.get("reason") or ""),
    }


def prediction(found: Found) -> str:
    """Whether held-out decoys foretell the real actors, in a sentence or two; nothing where it
    was not asked."""
    if not found:
        return ""
    rho, p = Estimate.read(found.get("rho")), number(found.get("p"))
    if rho.value is None or p is None:
        why = str(found.get("reason") or "not measured")
        return f"Whether held-out decoys foretell the real actors is not claimed: {why}. " + _bias(
            found
        )
    told = f"rho {rho.full}, p {p_value(p)}, {thousands(found.get('seeds'))} seeds"
    if p >= CLEAR:
        said = f"No relation shown between held-out decoys and real actors over seeds ({told})."
    elif rho.value > 0:
        said = f"Seeds in which held-out decoys fell were those in which real actors did ({told})."
    else:
        said = (
            f"Seeds in which held-out decoys fell were those in which real actors stayed ({told})."
        )
    return f"{said} {_bias(found)}"


def _bias(found: Found) -> str:
    bias = Estimate.read(found.get("bias"))
    if bias.value is None:
        return ""
    way = "less" if bias.value < 0 else "more"
    size = decimals(abs(bias.value))
    ends = f" ({bias.interval})" if bias.has_interval else ""
    told = f"On average T of the real actors was {size} {way} than of the held-out decoys{ends}"
    if bias.high is not None and bias.high < 0:
        return f"{told}: decoys promise too much."
    if bias.low is not None and bias.low > 0:
        return f"{told}: decoys promise too little."
    return f"{told}."


def _absent(found: Found) -> str:
    """Which decoys did not take, and where; nothing where all did."""
    told = []
    for name, known in part(found, "installed").items():
        seeds, took = (number(known.get(key)) if isinstance(known, Mapping) else None
                       for key in ("seeds", "installed"))  # fmt: skip
        if seeds is not None and took is not None and took < seeds:
            told.append(f"{name} in {seeds - took:.0f} of {seeds:.0f} seeds")
    return f"Decoys that did not take, and are left out there: {', '.join(told)}." if told else ""
