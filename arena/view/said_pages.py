"""The pages of what models said: one for each model, and those of a search."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from arena.reporting import figures
from arena.reporting.cast import highlight
from arena.reporting.numbers import Shown
from arena.reporting.render import page_figures
from arena.reporting.training import model_panel
from arena.reporting.wording import words
from arena.results.rows import Rate, Row
from arena.results.run import RunResults
from arena.results.sample_files import Asked, SampleFile, Saying
from arena.results.samples import ScoredSample, place_of
from arena.view.page import View, top
from arena.view.place import Place, relative
from arena.view.tables import Cell, Column, Line, Table, as_data

ASKED = "asked"  # the variable that holds the prompts of a seed
SAMPLE_COLUMNS = (
    Column("hit", "hit", "choice"),
    Column("actor", "actor", "choice"),
    Column("kind", "prompts", "choice"),
    Column("prompt", "prompt", "prompt", wide=True),
    Column("wanted", "counts as a hit", "text"),
    Column("said", "said", "text", wide=True),
)
EVERY_COLUMNS = (Column("model", "model", "link"), Column("seed", "seed", "choice"),
                 *SAMPLE_COLUMNS)  # fmt: skip


def model_view(place: Place, results: RunResults, row: Row, file: SampleFile | None) -> View:
    """Return the page of a model: its rates, and all that it said.

    Args:
        file: the samples of its seed; None if there are none.
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
        "said": Table("samples", SAMPLE_COLUMNS, said, joined=ASKED),
    }  # fmt: skip
    return View(page, "model.html", values)


def _said_by(model: str, file: SampleFile) -> Iterator[Line]:
    """What a model said, each with the number of its prompt among those of the seed."""
    if model in file.models:
        place = file.models.index(model)
        for number, (_, said) in enumerate(file.prompts):
            saying = said[place]
            if saying is not None:
                yield {"at": number, **_shown(saying)}


def asked_script(file: SampleFile) -> str:
    """Return the prompts of a seed as a script: every page of a model joins them with what its
    model said, so that they are written once and not with each model."""
    return f"var {ASKED} = {as_data([_asked(asked) for asked, _ in file.prompts])};\n"


def _counted(rate: Rate | None) -> str:
    """A rate with its counts, as text."""
    if rate is None or rate.rate is None:
        return ""
    shown = Shown(rate.rate, rate.low, rate.high)
    return f"{shown.full}, {rate.hits} of {rate.n}"


def _asked(asked: Asked) -> dict[str, Cell]:
    runs = highlight(asked.plain, asked.prompt) if asked.plain else [(asked.prompt, False)]
    return {
        "actor": asked.actor or "",
        "kind": words(asked.kind),
        "prompt": asked.prompt,
        "prompt_runs": runs,
        "wanted": asked.wanted,
    }


def _shown(saying: Saying) -> dict[str, Cell]:
    said = saying.said if saying.whole else f"{saying.said} …"
    return {"hit": "yes" if saying.hit else "no", "said": said}


def search_view(
    place: Place, results: RunResults, samples: Sequence[ScoredSample], text: str, most: int
) -> View:
    """Return the page of all samples of a run with a text in them, the first `most` of them."""
    page = f"{place.base}search.html"
    lines = [
        {
            **_asked(each.asked),
            **_shown(each.saying),
            "model": each.title,
            "model_href": relative(place.model(each.seed, each.model), page),
            "seed": each.seed,
        }
        for each in samples[:most]
    ]
    table = Table("samples", EVERY_COLUMNS, lines)
    values = {**top(place, page), "text": text, "found": table, "number": len(samples)}
    return View(page, "search.html", values)


def sample_paths(place: Place, results: RunResults) -> Iterator[str]:
    """Return the paths of the prompts that the pages of models join, for seeds with samples."""
    for seed in results.seeds:
        if place_of(place.folder, seed).is_file():
            yield f"{place.base}models/{seed}/asked.js"
