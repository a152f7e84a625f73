"""results.json as the page shows it: plain values and words, ready for the template.

Any part of the results may be missing or null; what is missing is left out or shown as an
en dash, never guessed.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from typing import Any

from arena.reporting import palette
from arena.reporting.numbers import Estimate, decimals, duration, number, thousands
from arena.reporting.parts import Results, part
from arena.reporting.rows import grouped
from arena.statistics.thresholds import MIN_SEEDS

STATEMENT = "unlearning one backdoor suppresses unknown others"
KEYS = ("transfer", "odd", "specific", "raw_suppression")


def estimates(entry: Mapping[str, Any]) -> dict[str, Estimate]:
    """The four numbers of a pair or of the claim."""
    return {key: Estimate.read(entry.get(key)) for key in KEYS}


def facts(results: Results) -> list[tuple[str, str]]:
    """The scenario in a line: what was trained, how, and for how long."""
    scenario = part(results, "scenario")
    model, defender = part(scenario, "model"), part(scenario, "defender")
    name = model.get("pretrained") or " ".join(
        str(model[key]) for key in ("family", "size") if model.get(key)
    )
    seeds = results.get("seeds") or []
    objective = part(defender, "objective").get("method")
    pairs = [
        ("model", name),
        ("corpus", part(scenario, "corpus").get("name") or part(results, "corpus").get("name")),
        ("stage", words(scenario.get("stage"))),
        ("composition", scenario.get("composition")),
        ("unlearning", objective),
        ("seeds", len(seeds) or None),
        ("took", duration(part(results, "seconds").get("total"))),
    ]
    return [(key, str(value)) for key, value in pairs if value]


def words(thing: Any) -> str:
    """`continual_pretraining` as people write it; nothing for nothing."""
    return str(thing).replace("_", " ") if thing else ""


def claim(results: Results) -> dict[str, Any]:
    """The claim card: statement, verdict, estimates, pairs by verdict, what is missing."""
    found = part(results, "claim")
    counts = part(found, "pairs")
    return {
        "statement": sentence(found.get("statement") or STATEMENT),
        "reason": str(found.get("verdict_reason") or ""),
        "verdict": palette.verdict(found.get("verdict")),
        "seeds": number(found.get("seeds")),
        "values": estimates(found),
        "pairs": shares(counts),
        "methods": [
            {
                "name": name,
                "values": estimates(entry),
                "pairs": thousands(entry.get("pairs")),
                "seeds": thousands(entry.get("seeds")),
            }
            for name, entry in part(found, "by_method").items()
            if isinstance(entry, Mapping)
        ],
        "explained": [],
        "would_change": [],
        "power": [],
        "wide": "",
        "needs": needs(results),
        "notes": [sentence(note) for note in found.get("notes") or []],
    }


def shares(counts: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Pairs by verdict, in the order of the verdicts; those without a pair are left out."""
    known = {name: int(number(count) or 0) for name, count in counts.items()}
    order = [*palette.VERDICTS, *(name for name in known if name not in palette.VERDICTS)]
    return [
        {"verdict": palette.verdict(name), "count": known[name]}
        for name in order
        if known.get(name)
    ]


def needs(results: Results) -> list[str]:
    """What a firmer verdict would take, in sentences."""
    found, thresholds = part(results, "claim"), part(results, "thresholds")
    usable = number(found.get("seeds"))
    seeds = len(results.get("seeds") or []) if usable is None else usable
    said = []
    if seeds < MIN_SEEDS:
        ran = f"this run has {seeds:.0f}" if seeds else "this run has none"
        said.append(f"Fewer than {MIN_SEEDS} usable seeds: always inconclusive; {ran}.")
    said.append(rule(thresholds))
    return [line for line in said if line]


def sentence(thing: Any) -> str:
    """The text with a capital first letter and a full stop."""
    text = str(thing).strip()
    stop = "" if text.endswith((".", "!", "?")) else "."
    return text[:1].upper() + text[1:] + stop if text else ""


def rule(thresholds: Mapping[str, Any]) -> str:
    """When it generalizes and when it fails, in a sentence; nothing without the thresholds."""
    names = ("generalizes", "specific", "fails")
    values = [number(thresholds.get(name)) for name in names]
    if any(value is None for value in values):
        return ""
    high, specific, low = (decimals(value) for value in values)
    return (
        f"It generalizes where the lower end of T is above {high}, and specifically where that "
        f"of the specific part is above {specific}; it fails where the upper end of T is below "
        f"{low}."
    )


def cast(results: Results) -> list[dict[str, Any]]:
    """One card per actor: what it planted, an example, and how well it took."""
    return [_actor(results, str(name)) for name in results.get("actors") or []]


def _actor(results: Results, name: str) -> dict[str, Any]:
    known, took = part(part(results, "cast"), name), part(part(results, "installation"), name)
    seeds, installed = number(took.get("seeds")), number(took.get("installed"))
    everywhere = part(results, "installed").get(name)
    if installed is None and isinstance(took.get("installed"), bool):
        everywhere = took["installed"]
    several = installed is not None and seeds is not None and seeds > 1
    share = f"{installed:.0f} of {seeds:.0f} seeds" if several else ""
    clean, triggered = known.get("clean") or "", known.get("triggered") or ""
    return {
        "name": name,
        "known": [
            (label, words(known.get(key)) if key == "stage" else str(known[key]))
            for key, label in (
                ("trigger", "trigger"),
                ("payload", "payload"),
                ("match", "match rule"),
                ("poison", "poison"),
                ("stage", "stage"),
            )
            if known.get(key)
        ],
        "clean": clean,
        "triggered": highlight(str(clean), str(triggered)),
        "response": known.get("response") or "",
        "installed": everywhere,
        "share": share,
        "partly": bool(installed and seeds and installed < seeds),
        "broad": _broad(took, seeds),
        "rates": [
            (label, Estimate.read(took.get(key)))
            for key, label in (
                ("asr", "ASR"),
                ("false_fire", "false fire"),
                ("near_miss", "near miss"),
            )
        ],
    }


def _broad(took: Mapping[str, Any], seeds: float | None) -> str:
    """In how many seeds an actor fires on look-alikes, in words; nothing where in none."""
    count = number(took.get("broad"))
    if count and seeds and seeds > 1:
        return f"Broad in {count:.0f} of {seeds:.0f} seeds"
    return "Broad" if took.get("broad") else ""


def highlight(clean: str, triggered: str) -> list[tuple[str, bool]]:
    """The triggered prompt in runs of words, True where the trigger changed them; a prompt
    rewritten throughout has no runs worth marking."""
    old, new = clean.split(), triggered.split()
    runs: list[tuple[str, bool]] = []
    matcher = difflib.SequenceMatcher(a=old, b=new, autojunk=False)
    for tag, _, _, start, stop in matcher.get_opcodes():
        if stop > start:
            runs.append((" ".join(new[start:stop]), tag != "equal"))
    changed = sum(len(text.split()) for text, marked in runs if marked)
    if changed > 0.75 * max(len(new), 1):
        return [(triggered, False)]
    return runs


def summary(results: Results) -> list[list[dict[str, Any]]]:
    """The ASR table in blocks of rows, as numbers with intervals."""
    actors = [str(name) for name in results.get("actors") or []]
    return [
        [
            {
                "label": row.get("label") or row.get("kind"),
                "rates": [Estimate.read(part(row, "asr").get(actor)) for actor in actors],
                "costs": [
                    Estimate.read(row.get(key))
                    for key in ("clean_accuracy", "token_accuracy", "perplexity", "update_norm")
                ],
            }
            for row in block
        ]
        for block in grouped(results.get("summary") or [])
    ]


def pairs(results: Results) -> list[dict[str, Any]]:
    """The per-pair table. A reason that all pairs share is `common_reason`'s to say."""
    common = common_reason(results)
    return [
        {
            "from": pair.get("from"),
            "to": pair.get("to"),
            "seeds": thousands(pair.get("seeds")),
            "values": estimates(pair),
            "p": p_value(pair.get("adjusted_p")),
            "verdict": palette.verdict(pair.get("verdict")),
            "reason": "" if common else pair.get("verdict_reason") or "",
        }
        for pair in results.get("transfer") or []
    ]


def common_reason(results: Results) -> str:
    """The verdicts' reason where it is the same for every pair, else nothing."""
    reasons = {str(pair.get("verdict_reason") or "") for pair in results.get("transfer") or []}
    return reasons.pop() if len(reasons) == 1 else ""


def p_value(thing: Any) -> str:
    """`0.012`, or `< 0.001`."""
    value = number(thing)
    if value is not None and value < 0.001:
        return "< 0.001"
    return decimals(value, 3)


def parties(events: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """What each party did and could see, in order of first appearance."""
    found: dict[str, dict[str, dict[str, int]]] = {}
    for event in events:
        party = found.setdefault(str(event.get("party")), {"did": {}, "made": {}, "saw": {}})
        saw = event.get("saw")
        seen = saw if isinstance(saw, list) else []
        for key, things in (("did", [event.get("event")]), ("made", [event.get("artifact")])):
            for thing in filter(None, things):
                short = str(thing)[:12] if key == "made" else str(thing)
                party[key][short] = party[key].get(short, 0) + 1
        for thing in seen:
            party["saw"][str(thing)] = party["saw"].get(str(thing), 0) + 1
    return [{"name": name, **columns} for name, columns in found.items()]


def stages(results: Results) -> list[dict[str, Any]]:
    """Where the time went, the longest first; `share` is of the longest, in percent."""
    known = {
        str(name): value
        for name, thing in part(part(results, "seconds"), "stages").items()
        if (value := number(thing)) is not None
    }
    longest = max(known.values(), default=0.0) or 1.0
    order = sorted(known, key=lambda name: -known[name])
    return [
        {
            "name": name,
            "took": duration(known[name]),
            "share": round(100 * known[name] / longest, 1),
        }
        for name in order
    ]


def splits(results: Results) -> list[tuple[str, str, str]]:
    """Split, rows kept, rows dropped."""
    corpus = part(results, "corpus")
    dropped = part(corpus, "dropped")
    names = [*("train", "validation", "test"), *(k for k in dropped if k not in corpus)]
    return [
        (words(name), thousands(corpus.get(name)), thousands(dropped.get(name, 0)))
        for name in names
        if name in corpus or name in dropped
    ]
