"""What happened inside the models, as the page shows it: distances, their correlation with
transfer, and whether a probe still recognises each trigger."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from arena.reporting.numbers import NONE, Estimate, decimals, number, thousands
from arena.reporting.parts import Results, listed, names, part
from arena.reporting.rows import is_disclosed, model_name
from arena.reporting.view import p_value, sentence

FEW_LAYERS = 6  # so many stand side by side in a table
CLEAR = 0.05
NOTE = "the original paper's own formula was not available to us"
VARIANTS = {
    "casd": "CASD",
    "mean_absolute": "CASD of mean absolute shifts",
    "cosine": "cosine distance of the shifts",
    "clean": "CASD over clean prompts",
}


def representations(results: Results) -> dict[str, Any]:
    """Correlations, per layer too, distances and recognition; nothing where not measured."""
    found = part(results, "representations")
    if not found:
        return {}
    others = [key for key in VARIANTS if key != "casd"]
    return {
        "note": note(found),
        "correlation": correlation(found),
        "per_layer": [
            {
                "layer": thousands(each.get("layer")),
                "rho": decimals(number(each.get("rho"))),
                "p": p_value(each.get("p")),
                "others": [decimals(number(part(each, key).get("rho"))) for key in others],
            }
            for each in listed(found, "per_layer")
        ],
        "distances": list(VARIANTS.values()),
        "pairs": [
            {
                "pair": f"{pair.get('a')} and {pair.get('b')}",
                "values": [_fine(Estimate.read(pair.get(key))) for key in VARIANTS],
            }
            for pair in listed(found, "pairs")
        ],
        "recognition": _recognition(results, found),
    }


def note(found: Mapping[str, Any]) -> str:
    """What must be said wherever CASD is shown, also where the results do not say it."""
    return sentence(found.get("note") or NOTE)


def correlation(found: Mapping[str, Any]) -> list[dict[str, Any]]:
    """One entry per variant: rho, pooled p, seeds, and what they say in words."""
    known = part(found, "correlation")
    order = [
        *(name for name in VARIANTS if name in known),
        *(k for k in known if k not in VARIANTS),
    ]
    return [
        {
            "name": VARIANTS.get(name, str(name).replace("_", " ")),
            "rho": decimals(number(part(known, name).get("rho"))),
            "p": p_value(part(known, name).get("p")),
            "seeds": thousands(part(known, name).get("seeds")),
            "says": _says(number(part(known, name).get("rho")), number(part(known, name).get("p"))),
        }
        for name in order
    ]


def _says(rho: float | None, p: float | None) -> str:
    if rho is None:
        return "not defined"
    if p is None or p >= CLEAR:
        return "no relation shown"
    return "the closer, the more transfer" if rho < 0 else "the farther apart, the more transfer"


def _fine(shown: Estimate) -> tuple[str, str]:
    """A distance to three places, and its interval: most are small."""
    ends = f"{decimals(shown.low, 3)} to {decimals(shown.high, 3)}" if shown.has_interval else ""
    return decimals(shown.value, 3), ends


def _recognition(results: Results, found: Mapping[str, Any]) -> dict[str, Any]:
    rows = listed(found, "recognition")
    actors = names(results, "actors")
    depth = max((len(_layers(row)) for row in rows), default=0)
    if not depth:
        return {}
    models = dict.fromkeys((str(row.get("kind")), row.get("target")) for row in rows)
    by_place = {(str(r.get("kind")), r.get("target"), str(r.get("actor"))): r for r in rows}
    return {
        "depth": depth,
        "rows": [_model(by_place, kind, target, actors, depth) for kind, target in models],
        "layers": [_deep(row, depth) for row in rows] if 1 < depth <= FEW_LAYERS else [],
    }


def _layers(row: Mapping[str, Any]) -> Sequence[Any]:
    """AUROC above the reference's, layer by layer; the reference's own as it is."""
    layers = row.get("layers" if row.get("kind") == "reference" else "above_reference")
    return layers if isinstance(layers, list) else []


def _label(row: Mapping[str, Any]) -> str:
    itself = " (AUROC itself)" if row.get("kind") == "reference" else ""
    return model_name(row) + itself


def _model(
    by_place: Mapping[Any, Mapping[str, Any]],
    kind: str,
    target: Any,
    actors: Sequence[str],
    depth: int,
) -> dict[str, Any]:
    """A model's row: of every actor the last layer."""
    cells = [_layers(by_place.get((kind, target, actor), {})) for actor in actors]
    row = {"kind": kind, "target": target}
    return {
        "label": _label(row),
        "cells": [
            {
                "value": Estimate.read(layers[depth - 1] if len(layers) == depth else None),
                "own": is_disclosed(row, actor),
            }
            for actor, layers in zip(actors, cells, strict=True)
        ],
    }


def _deep(row: Mapping[str, Any], depth: int) -> dict[str, Any]:
    """A model's and an actor's row: every layer."""
    layers = [Estimate.read(layer) for layer in _layers(row)]
    return {
        "label": _label(row),
        "actor": str(row["actor"]) if row.get("actor") is not None else NONE,
        "cells": layers + [Estimate()] * (depth - len(layers)),
    }
