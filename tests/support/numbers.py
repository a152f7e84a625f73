"""The numbers of a run that must not change, as plain JSON values."""

from __future__ import annotations

import hashlib
import json
import platform
from collections.abc import Mapping
from pathlib import Path
from typing import Any

RATES = ("asr", "false_fire", "near_miss")
TEXTS = {"poison": "documents.jsonl", "examples": "examples.jsonl"}
ESTIMATES = ("transfer", "odd", "specific", "raw_suppression")


def machine() -> dict[str, str]:
    """What else decides a float: libraries, architecture, the kernels of this processor."""
    import torch

    kernels = torch.backends.cpu.get_cpu_capability()
    return {"torch": torch.__version__, "machine": platform.machine(), "kernels": kernels}


def rounded(thing: Any, digits: int = 4) -> Any:
    """The value with every number cut to so many significant digits."""
    if isinstance(thing, bool) or thing is None or isinstance(thing, str | int):
        return thing
    if isinstance(thing, float):
        return float(f"{thing:.{digits}g}")
    if isinstance(thing, Mapping):
        return {str(key): rounded(value, digits) for key, value in thing.items()}
    return [rounded(value, digits) for value in thing]


def row_numbers(row: Mapping[str, Any]) -> dict[str, Any]:
    """Hits of one model by kind of prompt and actor, how far its weights moved, and its perplexity:
    the last two change with any float of the training."""
    hits = {what: {actor: c["hits"] for actor, c in row[what].items()} for what in RATES}
    clean = row["clean_accuracy"]
    return {
        "row": f"{row['kind']} {row['name']} s{row['seed']}",
        **hits,
        "clean": clean and clean["hits"],
        "norm": rounded(row["update_norm"], 6),
        "perplexity": rounded(row["perplexity"], 6),
    }


def run_numbers(results: Mapping[str, Any]) -> list[Any]:
    """Everything of one run that must not change."""
    measures = results.get("measures") or results
    pairs = [
        {"pair": f"{p['from']} {p['to']}", **{e: p[e]["value"] for e in ESTIMATES if p.get(e)}}
        for p in results["transfer"]
    ]
    league = (results.get("league") or {}).get("standings", [])
    standings = [
        {"standing": s["name"], "others": s["others"], "disclosed": s["disclosed"]} for s in league
    ]
    quiet = (measures.get("quiet") or {}).get("rows", [])
    curves = (measures.get("reactivation") or {}).get("curves", [])
    inside = measures.get("representations") or {}
    return [
        *map(row_numbers, results["rows"]),
        *rounded(pairs, 6),
        *rounded(standings, 6),
        *({"quiet": f"{q['kind']} {q['target']} {q['actor']}", "rates": _values(q)} for q in quiet),
        *(
            {
                "curve": f"{c['kind']} {c['target']} {c['actor']}",
                "asr": [rounded(e["value"]) for e in c["asr"]],
            }
            for c in curves
        ),
        *(
            {
                "recognised": f"{r['kind']} {r['target']} {r['actor']}",
                "layers": [rounded(e["value"], 3) for e in r["layers"]],
            }
            for r in inside.get("recognition", [])
        ),
        *(
            {"casd": f"{p['a']} {p['b']}", "value": rounded(p["casd"]["value"], 3)}
            for p in inside.get("pairs", [])
        ),
        {"claim": rounded({e: results["claim"][e]["value"] for e in ESTIMATES}, 6)},
    ]


def _values(row: Mapping[str, Any]) -> dict[str, Any]:
    hows = ("greedy", "sampled", "repeated", "moved")
    return {how: row[how] and rounded(row[how]["value"]) for how in hows}


def tune_numbers(results: Mapping[str, Any]) -> list[Any]:
    """What became of a search's trials, and of the strategy that it chose."""
    trials = [
        {"trial": t["number"], "values": t["values"], "params": t["params"]}
        for t in results["trials"]
    ]
    contenders = [
        {
            "contender": c["name"],
            **{key: c[key] and c[key].get("value") for key in ("report", "unseen", "control")},
        }
        for c in results["contenders"]
    ]
    return rounded([*trials, *contenders], 6)


def texts_of(store: Path) -> dict[str, str]:
    """SHA-256 of every poison shard and clean mix of a store, by the stage's name."""
    digests = {}
    for manifest in store.glob("*/manifest.json"):
        content = json.loads(manifest.read_text())
        if content["kind"] in TEXTS:
            text = (manifest.parent / TEXTS[content["kind"]]).read_bytes()
            digests.setdefault(content["name"], set()).add(hashlib.sha256(text).hexdigest()[:16])
    return {name: " ".join(sorted(found)) for name, found in sorted(digests.items())}
