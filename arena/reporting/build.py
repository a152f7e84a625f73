"""The HTML report: one self-contained page, and its figures as files.

Everything in a scenario is untrusted text. It reaches the page through Jinja's autoescape,
and the figures through an XML writer; nothing else makes mark-up.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, cast

from arena.errors import InputError
from arena.reporting import behaviour, decoys, figures, league, palette, view
from arena.reporting import hidden_states as insides
from arena.reporting.numbers import NONE, Estimate, decimals, thousands
from arena.reporting.omissions import omissions
from arena.reporting.parts import Results, listed, names, part, told_nothing
from arena.reporting.rows import final, residents
from arena.results.duel import DuelResults
from arena.results.reader import parse_results
from arena.results.stress import StressResults
from arena.results.tune import TuneResults

STRESS, TUNE, DUEL = "stress", "tune", "duel"

Event = Mapping[str, Any]


def write_report(run_folder: Path) -> Path:
    """Write `report.html` and `figures/*.svg` from `results.json` (and `events.jsonl`).

    Args:
        run_folder: the folder of a finished run, of a stress run with its cells, of a
            tuned attacker or of a duel.

    Returns:
        The path of the page.

    Raises:
        InputError: results.json is missing or is not a JSON object.
    """
    results = read_results(run_folder)
    if results.get("kind") == STRESS:
        from arena.reporting import stress

        return _write(
            run_folder, *stress.page(run_folder, cast(StressResults, parse_results(results)))
        )
    if results.get("kind") == TUNE:
        from arena.reporting import tune

        return _write(run_folder, *tune.page(cast(TuneResults, parse_results(results))))
    if results.get("kind") == DUEL:
        from arena.reporting import duel

        return _write(run_folder, *duel.page(cast(DuelResults, parse_results(results))))
    events = read_events(run_folder)
    drawn = draw(results, events)
    return _write(run_folder, render(results, events, drawn), drawn)


def _write(run_folder: Path, text: str, drawn: Mapping[str, str]) -> Path:
    folder = run_folder / "figures"
    folder.mkdir(exist_ok=True)
    for name, svg in drawn.items():
        (folder / f"{name}.svg").write_text(svg + "\n", encoding="utf-8")
    page = run_folder / "report.html"
    # JSON can carry lone surrogates, UTF-8 cannot: they become question marks.
    page.write_text(text, encoding="utf-8", errors="replace")
    return page


def read_results(run_folder: Path) -> Results:
    """The parsed results.json of a run folder; InputError where there is none."""
    path = run_folder / "results.json"
    if not path.is_file():
        raise InputError("not a finished run: it holds no results.json", found=str(run_folder))
    try:
        results = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror}", file=str(path)) from None
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
    actors = names(results, "actors")
    pairs = results.get("transfer") or []
    several = any(len(pair.get("per_seed") or []) > 1 for pair in pairs)
    claim = {} if told_nothing(results) else part(results, "claim")
    thresholds = part(results, "thresholds")
    summary, installed = results.get("summary") or [], part(results, "installed")
    models = final(summary)
    points = listed(part(results, "representations"), "points")
    entries, accuracy, loss = league.trade_off(results)
    samples, curves = behaviour.samples_and_curves(results)
    possible: list[tuple[str, object, Callable[[], str]]] = [
        ("claim", claim, lambda: figures.claim_forest(claim, thresholds)),
        ("asr", models, lambda: figures.asr_heatmap(actors, models, installed)),
        ("transfer", pairs, lambda: figures.transfer_heatmap(actors, pairs)),
        ("seeds", several, lambda: figures.seeds_dots(actors, pairs)),
        ("pareto", entries, lambda: figures.pareto(entries, accuracy=accuracy, loss=loss)),
        ("residence", residents(summary), lambda: figures.residence_heatmap(actors, summary)),
        ("casd", points, lambda: figures.casd_scatter(actors, points)),
        ("reactivation", curves, lambda: figures.reactivation_curves(actors, samples, curves)),
        ("timeline", events, lambda: figures.timeline(events)),
    ]
    return {name: make() for name, there, make in possible if there}


def render(results: Results, events: Sequence[Event], drawn: Mapping[str, str]) -> str:
    """The page of a run as HTML text."""
    return fill("report.html", context(results, events), drawn)


def fill(template: str, shown: Mapping[str, Any], drawn: Mapping[str, str]) -> str:
    """A template with what it names and its figures, as HTML text."""
    from jinja2 import Environment, PackageLoader, StrictUndefined
    from markupsafe import Markup

    environment = Environment(
        loader=PackageLoader("arena", "reporting/templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(decimals=decimals, thousands=thousands, words=view.words)
    # Safe: the text of these went through an XML writer.
    safe = {name: Markup(svg) for name, svg in drawn.items()}
    return environment.get_template(template).render(figures=safe, **shown)


def context(results: Results, events: Sequence[Event]) -> dict[str, Any]:
    """Everything that the template names, but for its figures and style."""
    return {
        **common(results),
        "actors": names(results, "actors"),
        "facts": view.facts(results),
        "claim": None if told_nothing(results) else view.claim(results),
        "cast": view.cast(results),
        "summary": view.summary(results),
        "pairs": view.pairs(results),
        "common_reason": view.common_reason(results),
        "league": league.league(results),
        "decoys": decoys.decoys(results),
        "inside": insides.representations(results),
        "costs": behaviour.costs(results),
        "quiet": behaviour.quiet(results),
        "omissions": omissions(results),
        "parties": view.parties(events),
        "stages": view.stages(results),
        "splits": view.splits(results),
        "corpus": part(results, "corpus").get("name") or "",
    }


def common(results: Results) -> dict[str, Any]:
    """What every page shows."""
    scenario = part(results, "scenario")
    return {
        "title": scenario.get("name") or "Backdoor Arena",
        "description": scenario.get("description") or "",
        "thresholds": {k: Estimate.read(v) for k, v in part(results, "thresholds").items()},
        "environment": {
            key: NONE if value is None else value
            for key, value in part(results, "environment").items()
        },
        "verdicts": palette.VERDICTS,
        "schema_version": results.get("schema_version"),
        "scored_on": scored_on(results),
        "seeds": results.get("seeds") or [],
    }


def scored_on(results: Results) -> str:
    """The split whose prompts the rates come from; nothing where the results do not say."""
    return str(part(results, "corpus").get("scored_on") or "")
