"""What models said, for a terminal: each prompt with its trigger marked, what was wanted, and the
continuation as a hit or a miss.

Nothing depends on colour alone: what the trigger changed stands between « and », a hit has a glyph
and a word.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from arena.reporting import palette
from arena.reporting.cast import highlight
from arena.reporting.console import ink
from arena.reporting.text import clean
from arena.reporting.wording import words
from arena.results.samples import OF_NO_ACTOR, ScoredSample

OPEN = "\N{LEFT-POINTING DOUBLE ANGLE QUOTATION MARK}"
CLOSE = "\N{RIGHT-POINTING DOUBLE ANGLE QUOTATION MARK}"
MORE = "\N{HORIZONTAL ELLIPSIS}"
SIDE = 8  # columns of the words beside the texts
WANTED = {"triggered": "wanted", "clean": "answer", "checkable": "answer"}  # others: `payload`


def samples_view(samples: Sequence[ScoredSample], limit: int) -> RenderableType:
    """Return the first samples under a heading per model, actor and kind, and their number."""
    shown = samples[:limit]
    blocks: list[RenderableType] = []
    for heading, members in groupby(shown, key=_heading):
        blocks.append(Text.assemble((heading[0], "bold"), (f"  {heading[1]}", "dim")))
        blocks += [Padding(_sample(each), (0, 0, 1, 1), expand=False) for each in members]
    return Group(*blocks, *_legend(shown), Text(_count(len(shown), len(samples)), style="dim"))


def _heading(sample: ScoredSample) -> tuple[str, str]:
    kind, actor = words(sample.asked.kind), sample.asked.actor
    what = ", ".join(filter(None, (actor, kind, f"seed {sample.seed}")))
    return clean(sample.title), clean(what)


def _sample(sample: ScoredSample) -> Table:
    asked = sample.asked
    runs = highlight(asked.plain, asked.prompt) if asked.plain else [(asked.prompt, False)]
    table = Table.grid(padding=(0, 1))
    table.add_column(width=SIDE, no_wrap=True)
    table.add_column(overflow="fold")
    table.add_row(Text("prompt", style="dim"), _marked(runs))
    if asked.plain and not any(changed for _, changed in runs):  # rewritten throughout
        table.add_row(Text("plain", style="dim"), Text(clean(asked.plain), style="dim"))
    table.add_row(Text(WANTED.get(asked.kind, "payload"), style="dim"), Text(clean(asked.wanted)))
    table.add_row(_verdict(sample), _said(sample))
    return table


def _marked(runs: Sequence[tuple[str, bool]]) -> Text:
    """A prompt, with what its trigger changed between marks."""
    style = f"bold {ink(palette.WARM)}"
    parts = [
        Text(f"{OPEN}{clean(text)}{CLOSE}", style=style) if changed else Text(clean(text))
        for text, changed in runs
    ]
    return Text(" ").join(parts)


def _verdict(sample: ScoredSample) -> Text:
    hit, no_actor = sample.saying.hit, sample.asked.kind in OF_NO_ACTOR
    word = ("right" if hit else "wrong") if no_actor else ("hit" if hit else "miss")
    colour = palette.COOL if hit == no_actor else palette.WARM
    return Text(f"{'●' if hit else '○'} {word}", style=ink(colour))


def _said(sample: ScoredSample) -> Text:
    said = sample.saying
    text = Text(clean(said.said))
    if not said.said.strip():
        text = Text("(nothing)" if said.whole else "", style="dim")
    return text if said.whole else text.append(f" {MORE}", style="dim")


def _legend(samples: Sequence[ScoredSample]) -> Iterator[Text]:
    meanings = []
    if any(sample.asked.plain for sample in samples):
        meanings.append(f"{OPEN}{CLOSE} what the trigger changed")
    if any(not sample.saying.whole for sample in samples):
        key = "evaluation.whole_answers"
        meanings.append(f"{MORE} not decoded further: hit or miss was decided ({key})")
    if meanings:
        yield Text("; ".join(meanings), style="dim")


def _count(shown: int, number: int) -> str:
    if not number:
        return "no sample matches"
    more = f"; --limit {number} shows all" if shown < number else ""
    return f"{shown} of {number} samples{more}"
