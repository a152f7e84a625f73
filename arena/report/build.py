"""The HTML report: one self-contained page, and its figures as files.

Everything in a scenario is untrusted text. It reaches the page through Jinja's autoescape,
and the figures through an XML writer; nothing else makes mark-up.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from arena.errors import InputError
from arena.report import figures, palette, view
from arena.report.numbers import Estimate, decimals, thousands
from arena.report.view import Results

Event = Mapping[str, Any]


def write_report(run_folder: Path) -> Path:
    """Write `report.html` and `figures/*.svg` from `results.json` (and `events.jsonl`).

    Args:
        run_folder: the folder of a finished run.

    Returns:
        The path of the page.

    Raises:
        InputError: results.json is missing or is not a JSON object.
    """
    results = read_results(run_folder)
    events = read_events(run_folder)
    drawn = draw(results, events)
    folder = run_folder / "figures"
    folder.mkdir(exist_ok=True)
    for name, svg in drawn.items():
        (folder / f"{name}.svg").write_text(svg + "\n", encoding="utf-8")
    page = run_folder / "report.html"
    # JSON can carry lone surrogates, UTF-8 cannot: they become question marks.
    page.write_text(render(results, events, drawn), encoding="utf-8", errors="replace")
    return page


def read_results(run_folder: Path) -> Results:
    """The parsed results.json of a run folder; InputError where there is none."""
    path = run_folder / "results.json"
    if not path.is_file():
        raise InputError("not a finished run: it holds no results.json", found=str(run_folder))
    try:
        results = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise InputError(f"not valid JSON: {error}", file=str(path)) from None
    if not isinstance(results, dict):
        raise InputError("must hold a JSON object", file=str(path))
    return results


def read_events(run_folder: Path) -> list[Event]:
    """The events of a run folder. A line cut short by a crash is left out; no file, none."""
    path = run_folder / "events.jsonl"
    if not path.is_file():
        return []
    events: list[Event] = []
    for line in path.read_text(encoding="utf-8").splitlines():
        try:
            event = json.loads(line)
        except ValueError:
            continue
        if isinstance(event, dict):
            events.append(event)
    return events


def draw(results: Results, events: Sequence[Event]) -> dict[str, str]:
    """The figures that the results can carry, by name, as SVG."""
    actors = [str(name) for name in results.get("actors") or []]
    pairs = results.get("transfer") or []
    several = any(len(pair.get("per_seed") or []) > 1 for pair in pairs)
    claim, thresholds = view.part(results, "claim"), view.part(results, "thresholds")
    summary, installed = results.get("summary") or [], view.part(results, "installed")
    possible: list[tuple[str, object, Callable[[], str]]] = [
        ("claim", claim, lambda: figures.claim_forest(claim, thresholds)),
        ("asr", summary, lambda: figures.asr_heatmap(actors, summary, installed)),
        ("transfer", pairs, lambda: figures.transfer_heatmap(actors, pairs)),
        ("seeds", several, lambda: figures.seeds_dots(actors, pairs)),
        ("timeline", events, lambda: figures.timeline(events)),
    ]
    return {name: make() for name, there, make in possible if there}


def render(results: Results, events: Sequence[Event], drawn: Mapping[str, str]) -> str:
    """The page as HTML text."""
    from jinja2 import Environment, PackageLoader, StrictUndefined
    from markupsafe import Markup

    environment = Environment(
        loader=PackageLoader("arena", "report/templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(decimals=decimals, thousands=thousands, words=view.words)
    # Safe: the text of these went through an XML writer.
    safe = {name: Markup(svg) for name, svg in drawn.items()}
    template = environment.get_template("report.html")
    return template.render(figures=safe, **context(results, events))


def context(results: Results, events: Sequence[Event]) -> dict[str, Any]:
    """Everything that the template names, but for its figures and style."""
    scenario = view.part(results, "scenario")
    return {
        "title": scenario.get("name") or "Backdoor Arena",
        "description": scenario.get("description") or "",
        "actors": [str(name) for name in results.get("actors") or []],
        "facts": view.facts(results),
        "claim": view.claim(results),
        "cast": view.cast(results),
        "summary": view.summary(results),
        "pairs": view.pairs(results),
        "common_reason": view.common_reason(results),
        "parties": view.parties(events),
        "stages": view.stages(results),
        "splits": view.splits(results),
        "corpus": view.part(results, "corpus").get("name") or "",
        "thresholds": {k: Estimate.read(v) for k, v in view.part(results, "thresholds").items()},
        "environment": view.part(results, "environment"),
        "verdicts": palette.VERDICTS,
        "schema_version": results.get("schema_version"),
        "seeds": results.get("seeds") or [],
    }
