"""The pages of what models said, one for each model."""

from __future__ import annotations

from collections.abc import Iterator

from arena.reporting import figures
from arena.reporting.cast import highlight
from arena.reporting.render import page_figures
from arena.reporting.training import model_panel
from arena.reporting.wording import words
from arena.results.numbers import Shown
from arena.results.rows import Rate, Row
from arena.results.run import RunResults
from arena.results.sample_files import Asked, SampleFile, Saying
from arena.results.samples import place_of
from arena.view.page import View, top
from arena.view.place import Place
from arena.view.tables import Cell, Column, Line, Table, as_data

ASKED = "asked"  # the variable that holds the prompts of a seed
SAMPLE_COLUMNS = (
    Column("number", "no.", "sample"),
    Column("hit", "hit", "choice"),
    Column("actor", "actor", "choice"),
    Column("kind", "prompts", "choice"),
    Column("prompt", "prompt", "prompt", wide=True),
    Column("wanted", "counts as a hit", "text"),
    Column("said", "said", "text", wide=True),
)


def model_view(
    place: Place, results: RunResults, row: Row, file: SampleFile | None, broken: str
) -> View:
    """Return the page of a model: its rates, and all that it said.

    Args:
        file: the samples of its seed; None if there are none. broken: what is wrong with them.
    """
    page = place.model(row.seed, row.name)
    rates = [
        (actor, [_counted(by.get(actor)) for by in (row.asr, row.false_fire, row.near_miss)])
        for actor in results.actors
    ]
    said = list(_said_by(row.name, file)) if file is not None else []
    trained = model_panel(results, row.seed, row.name)
    drawn = {"training": figures.loss_panels([trained], results.actors)} if trained else {}
    values = {
        **top(place, page), "model": row.title, "seed": row.seed, "rates": rates,
        "accuracy": _counted(row.clean_accuracy), "figures": page_figures(drawn),
        "said": Table("samples", SAMPLE_COLUMNS, said, joined=ASKED), "broken": broken,
    }  # fmt: skip
    return View(page, "model.html", values)


def _said_by(model: str, file: SampleFile) -> Iterator[Line]:
    """What a model said, each with the number of its prompt among those of the seed."""
    if model in file.models:
        place = file.models.index(model)
        for number, (_, said) in enumerate(file.prompts):
            saying = said[place]
            if saying is not None:
                yield {"at": number, **said_cells(saying)}


def asked_script(file: SampleFile) -> str:
    """Return the prompts of a seed as a script: every page of a model joins them with what its
    model said, so that they are written once and not with each model."""
    return f"var {ASKED} = {as_data([asked_cells(asked) for asked, _ in file.prompts])};\n"


def _counted(rate: Rate | None) -> str:
    """A rate with its counts, as text."""
    if rate is None or rate.rate is None:
        return ""
    shown = Shown(rate.rate, rate.low, rate.high)
    return f"{shown.full}, {rate.hits} of {rate.n}"


def asked_cells(asked: Asked) -> dict[str, Cell]:
    """Return the cells of a prompt."""
    runs = highlight(asked.plain, asked.prompt) if asked.plain else [(asked.prompt, False)]
    return {
        "actor": asked.actor or "",
        "kind": words(asked.kind),
        "prompt": asked.prompt,
        "prompt_runs": runs,
        "wanted": asked.wanted,
    }


def said_cells(saying: Saying) -> dict[str, Cell]:
    """Return the cells of what a model said."""
    said = saying.said if saying.whole else f"{saying.said} …"
    return {"hit": "yes" if saying.hit else "no", "said": said}


def sample_paths(place: Place, results: RunResults) -> Iterator[str]:
    """Return the paths of the prompts that the pages of models join, for seeds with samples."""
    for seed in results.seeds:
        if place_of(place.folder, seed).is_file():
            yield f"{place.base}models/{seed}/asked.js"
