"""`arena samples`: what the models of a run said."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from arena.cli.failures import guarded
from arena.cli.options import Debug, QuietOption
from arena.cli.streams import say
from arena.progress.display import display
from arena.terminal import Terminal

SHOWN = 10  # samples that are shown by default


def samples(
    run_folder: Annotated[Path, typer.Argument(metavar="RUN", help="A run's folder.")],
    actor: Annotated[
        str | None,
        typer.Option(help="Whose prompts to show: an actor, decoy:NAME or benign:NAME."),
    ] = None,
    model: Annotated[
        str | None,
        typer.Option(help="Which model: its name in tables, its row's name, or its kind."),
    ] = None,
    kind: Annotated[
        str | None,
        typer.Option(help="triggered, untriggered, near_miss, clean or checkable."),
    ] = None,
    hit: Annotated[
        bool | None, typer.Option("--hit/--missed", help="Only hits, or only misses.")
    ] = None,
    seed: Annotated[int | None, typer.Option(help="One seed of the run.")] = None,
    search: Annotated[
        str | None,
        typer.Option(
            metavar="TEXT",
            help="Words that all occur in the prompt or the answer; in double quotes, a phrase.",
        ),
    ] = None,
    limit: Annotated[
        int | None,
        typer.Option(min=1, help=f"How many to show; by default {SHOWN}, or all with --json."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON Lines.")] = False,
    quiet: QuietOption = False,
    debug: Debug = False,
) -> None:
    """Read what the models said to scored prompts, with the trigger marked.

    A hit is an answer that shows the payload or, for clean and checkable prompts, the right answer.

    Example: arena samples runs/quickstart --model "unlearn bard" --kind triggered --missed
    """
    with guarded(debug):
        with display(f"samples {run_folder}", quiet) as shown:
            shown.phase("reading the results")
            from arena.results.brief import counted
            from arena.results.reader import read_run

            results = read_run(run_folder)
            which = counted(len(results.seeds), "seed") if seed is None else f"seed {seed}"
            shown.phase(f"reading the samples of {which}")
            found = results.samples(
                actor=actor, model=model, kind=kind, seed=seed, hit=hit, search=search
            )
        if as_json:
            for sample in found[:limit]:
                say(json.dumps(sample.values, ensure_ascii=False), exact=True)
            return
        from arena.reporting.samples_terminal import samples_view

        Terminal().print(samples_view(found, limit or SHOWN))
