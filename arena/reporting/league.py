"""The league as page and terminal show it: every defence by the worst it left, and its price."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from arena.reporting.numbers import NONE, Estimate, decimals, duration, number, thousands
from arena.reporting.parts import Results, listed, part
from arena.reporting.view import sentence, words

Standing = Mapping[str, Any]

BASELINES = ("none", "control")
MEETS = {True: ("✓", "meets it"), False: ("✕", "misses it"), None: ("?", "not known")}


def standings(results: Results) -> list[Standing]:
    """Entries of the league, the least worst ASR left first, then the least mean; what has
    none comes last."""
    return sorted(listed(part(results, "league"), "standings"), key=_place)


def league(results: Results) -> dict[str, Any]:
    """The section's words and rows; nothing where there is no league."""
    rows = standings(results)
    if not rows:
        return {}
    found = part(results, "league")
    return {
        "accuracy": accuracy(results),
        "mark": _mark(found, accuracy(results)),
        "rows": [_row(each) for each in rows],
        "bounds": any(number(part(each, "reactivation").get("censored")) for each in rows),
    }


def accuracy(results: Results) -> str:
    """Which accuracy the league compares, in words."""
    return words(part(results, "league").get("accuracy")) or "clean accuracy"


def meets(standing: Standing) -> tuple[str, str]:
    """Glyph and words of whether the mark was met."""
    found = standing.get("meets")
    return MEETS[found if isinstance(found, bool) else None]


def is_baseline(standing: Standing) -> bool:
    """Whether it is no defence, but what defences are compared with."""
    return standing.get("intelligence") in BASELINES


def _place(standing: Standing) -> tuple[float, float]:
    left = (Estimate.read(standing.get(key)).value for key in ("worst", "others"))
    worst, others = (2.0 if value is None else value for value in left)
    return worst, others


def _mark(found: Mapping[str, Any], what: str) -> str:
    mark = part(found, "mark")
    asr, loss = number(mark.get("asr")), number(mark.get("loss"))
    if asr is None or loss is None:
        return ""
    return (
        f"The mark: less than {asr:g} left of the disclosed trigger (of all, where none is "
        f"disclosed), and at most {loss:g} of {what} lost."
    )


def _row(standing: Standing) -> dict[str, Any]:
    glyph, said = meets(standing)
    return {
        "name": str(standing.get("name") or NONE),
        "kind": "" if is_baseline(standing) else _kind(standing),
        "baseline": is_baseline(standing),
        "front": standing.get("front") is True,
        "knows": str(standing.get("knows") or NONE),
        "budget": _budget(standing),
        "left": [Estimate.read(standing.get(key)) for key in ("worst", "others", "disclosed")],
        "change": _fine(Estimate.read(standing.get("change"))),
        "perplexity": Estimate.read(standing.get("perplexity")),
        "seconds": duration(Estimate.read(standing.get("seconds")).value),
        "samples": samples(standing),
        "glyph": glyph,
        "meets": said,
        "reason": sentence(standing.get("reason") or ""),
        "empty": _empty(standing),
    }


def _kind(standing: Standing) -> str:
    names = (words(standing.get(key)) for key in ("intelligence", "method"))
    return " · ".join(name for name in names if name)


def _budget(standing: Standing) -> str:
    share = number(standing.get("compute"))
    parts = [
        f"{thousands(standing.get('steps'))} steps" if standing.get("steps") else "",
        f"{thousands(standing.get('examples'))} examples" if standing.get("examples") else "",
        f"{100 * share:.3g} % of training compute" if share else "",
    ]
    return " · ".join(part for part in parts if part)


def _fine(shown: Estimate) -> tuple[str, str]:
    """A change of accuracy to three places, as the mark is at 0.02, and its interval."""
    ends = f"{decimals(shown.low, 3)} to {decimals(shown.high, 3)}" if shown.has_interval else ""
    return decimals(shown.value, 3), ends


def samples(standing: Standing) -> tuple[str, str]:
    """Poisoned samples until a backdoor wakes; `> 85.0` where some never did, as the mean then
    is a lower bound."""
    shown = part(standing, "reactivation")
    found = Estimate.read(shown)
    if found.value is None:
        return NONE, ""
    censored, curves = number(shown.get("censored")), number(shown.get("curves"))
    text = f"{'> ' if censored else ''}{decimals(found.value, 1)}"
    return text, f"{censored:.0f} of {curves:.0f} never" if censored and curves else ""


def _empty(standing: Standing) -> str:
    """How often a discovery came back with nothing; no words where it always found something."""
    count = number(standing.get("nothing_found"))
    return f"found nothing in {count:.0f} of {thousands(standing.get('models'))}" if count else ""


def trade_off(results: Results) -> tuple[list[Standing], str, float | None]:
    """What `figures.pareto` draws: entries with both numbers, the accuracy, the most lost."""
    known = [
        each
        for each in standings(results)
        if all(Estimate.read(each.get(key)).value is not None for key in ("others", "change"))
    ]
    loss = number(part(part(results, "league"), "mark").get("loss"))
    return known, accuracy(results), loss
