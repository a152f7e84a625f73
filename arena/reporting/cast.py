"""The actors on the page: what each planted, an example, and how well it works."""

from __future__ import annotations

import difflib
from dataclasses import dataclass

from arena.reporting.depth import depth_text
from arena.reporting.wording import part_text, words
from arena.results.numbers import Shown
from arena.results.planting import ActorInstallation, Introduction
from arena.results.run import RunResults

MARKED = 0.75  # share of changed words above which a prompt counts as rewritten throughout


@dataclass(frozen=True, slots=True)
class ActorCard:
    """One actor.

    Attributes:
        known: trigger, payload and so on, by name.
        triggered: the marked prompt in runs of words, True where the trigger changed them.
        installed: whether it is installed in most seeds; None if unknown. share: of the seeds, in
            words. partly: in some seeds only.
        broad: in how many seeds it fires on look-alikes, in words.
        rates: by name.
    """

    name: str
    known: list[tuple[str, str]]
    clean: str
    triggered: list[tuple[str, bool]]
    response: str
    installed: bool | None
    share: str
    partly: bool
    broad: str
    rates: list[tuple[str, Shown]]


def cast(results: RunResults) -> list[ActorCard]:
    """Return one card per actor, in the order of the scenario."""
    return [_card(results, name) for name in results.actors]


def installed_share(results: RunResults) -> str:
    """Return `3 of 4`: the actors installed in most seeds; empty if unknown."""
    known = results.installed
    return f"{sum(known.values())} of {len(known)}" if known else ""


def _card(results: RunResults, name: str) -> ActorCard:
    introduction = results.cast.get(name, Introduction())
    installation = results.installation.get(name, ActorInstallation())
    seeds, installed = installation.seeds, installation.installed
    several = installed is not None and seeds is not None and seeds > 1
    return ActorCard(
        name=name,
        known=_known(introduction, depth_text(installation.depth)),
        clean=introduction.clean,
        triggered=highlight(introduction.clean, introduction.triggered or ""),
        response=introduction.response,
        installed=results.installed.get(name),
        share=f"{installed} of {seeds} seeds" if several else "",
        partly=bool(installed and seeds and installed < seeds),
        broad=_broad(installation),
        rates=[
            ("ASR", Shown.of(installation.asr)),
            ("false fire", Shown.of(installation.false_fire)),
            ("near miss", Shown.of(installation.near_miss)),
        ],
    )


def _known(introduction: Introduction, depth: str) -> list[tuple[str, str]]:
    entries = [
        ("trigger", part_text(introduction.trigger)),
        ("payload", part_text(introduction.payload)),
        ("match rule", introduction.match),
        ("poison", introduction.poison),
        ("stage", words(introduction.stage)),
        ("depth", depth),
    ]
    return [(label, text) for label, text in entries if text]


def _broad(installation: ActorInstallation) -> str:
    count, seeds = installation.broad, installation.seeds
    if count and seeds and seeds > 1:
        return f"Broad in {count} of {seeds} seeds"
    return "Broad" if count else ""


def highlight(clean: str, triggered: str) -> list[tuple[str, bool]]:
    """Return the triggered prompt in runs of words, True where the trigger changed them; a prompt
    rewritten throughout is one run without a mark."""
    old, new = clean.split(), triggered.split()
    runs: list[tuple[str, bool]] = []
    matcher = difflib.SequenceMatcher(a=old, b=new, autojunk=False)
    for tag, _, _, start, stop in matcher.get_opcodes():
        if stop > start:
            runs.append((" ".join(new[start:stop]), tag != "equal"))
    changed = sum(len(text.split()) for text, marked in runs if marked)
    if changed > MARKED * max(len(new), 1):
        return [(triggered, False)]
    return runs
