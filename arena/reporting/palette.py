"""Colours and glyphs, shared by page, figures and terminal.

Warm is a backdoor that fires, cool is suppression; both ramps run from light to dark, so that they
can be read by colour-blind people and in grey print. A verdict also has a glyph, so that no meaning
depends on colour alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

INK = "#1c2330"
MUTED = "#5b6577"
FAINT = "#97a0af"
RULE = "#dfe3ea"
WASH = "#f5f6f8"
HATCH = "#b9c0cb"
WARM = "#b4491b"
COOL = "#1d5c9e"
GRID = "#eceff3"
PAPER = "#ffffff"

# A figure in a dark page: these colours are those of the page (style.css, by variable). Cells of a
# heat map keep theirs, as does the text on them, so no colour of a ramp is one of these.
THEMED = {
    INK: "--ink",
    MUTED: "--muted",
    FAINT: "--faint",
    RULE: "--rule",
    WASH: "--wash",
    HATCH: "--hatch",
    WARM: "--warm",
    COOL: "--cool",
    GRID: "--grid",
    PAPER: "--paper",
    "#3d4a60": "--slate",
    "#0a7a5c": "--green",
    "#a2577f": "--plum",
    "#7a6420": "--olive",
    "#487890": "--steel",
    "#2f7290": "--teal",
    "#5d5a78": "--violet",
    "#6b7380": "--grey",
}
# Text on a filled shape; black where the shape is too dark for the first and too light for the
# second.
ON_LIGHT, ON_DARK, BLACK = "#1b222f", "#fefefe", "#000000"
READABLE = 4.5  # contrast of text (WCAG 2, AA)

ASR_RAMP = ("#fbfaf8", "#fbe6d3", "#f4bd92", "#e0854c", "#b3491b")
COOL_RAMP = ("#f7f7f5", "#d3e2f0", "#94bbdc", "#4a88c0", "#1c5c9e")
WARM_RAMP = ("#f7f7f5", "#f6dcc6", "#eab184", "#cf7539", "#9c4a14")

# Okabe and Ito's set, darkened for white text; reused cyclically for further parties and actors.
PARTIES = ("#3d4a60", "#b4491b", "#1d5c9e", "#0a7a5c", "#a2577f", "#7a6420", "#487890")
# Markers of matplotlib's alphabet, so that an actor can be recognised without its colour.
SHAPES = ("o", "s", "D", "^", "v", "P", "X", "p", "h")

EVEN = 0.179  # the luminance that has the same contrast, 4.6, on black and on white

Rgb = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Verdict:
    """How a verdict is shown: its words, its glyph and its colour."""

    label: str
    glyph: str
    colour: str
    means: str


VERDICTS = {
    "generalizes_specific": Verdict(
        "generalizes, specific", "●", COOL, "suppressed, and the planted trigger is what did it"
    ),
    "generalizes_unspecific": Verdict(
        "generalizes, unspecific", "◐", "#2f7290", "suppressed, but a look-alike may do as much"
    ),
    "fails": Verdict("fails", "✕", WARM, "the other backdoor survives"),
    "explained_by_control": Verdict(
        "explained by control", "≈", "#7a6420", "the clean fine-tune alone removes it"
    ),
    "not_installed": Verdict(
        "not installed", "○", "#6b7380", "the backdoor never worked, so nothing was suppressed"
    ),
    "inconclusive": Verdict("inconclusive", "?", "#5d5a78", "the data do not decide"),
}
EVASIONS = {  # of a tuned attacker; or `inconclusive`
    "evades": Verdict("evades", "▲", WARM, "the tuned attacker survives the removal"),
    "does_not_evade": Verdict(
        "does not evade", "▼", COOL, "the search found no strategy that survives much better"
    ),
}


def verdict(name: object) -> Verdict:
    """Return how a verdict is shown; an unknown or missing one is grey, under its own name."""
    text = str(name) if name else "no verdict"
    unknown = Verdict(text.replace("_", " "), "·", MUTED, "")
    return VERDICTS.get(text) or EVASIONS.get(text, unknown)


def asr_colour(rate: float | None) -> str:
    """Return the hex colour of an attack success rate in [0, 1]."""
    return WASH if rate is None else _along(ASR_RAMP, rate)


def transfer_colour(value: float | None) -> str:
    """Return the hex colour of a transfer in [-1, 1], clipped: cool above 0, warm below."""
    if value is None:
        return WASH
    return _along(COOL_RAMP if value >= 0 else WARM_RAMP, abs(value))


def readable_on(colour: str) -> str:
    """Return the colour of text on a filled shape: dark or light, with enough contrast. On a shape
    that means no value, the page's own."""
    if colour == WASH:
        return INK
    inks = (ON_LIGHT, ON_DARK)
    return next((ink for ink in inks if contrast(ink, colour) >= READABLE), BLACK)


def in_text(colour: str) -> str:
    """Return the colour of a line for its name beside it: a muted one where it is too pale."""
    return colour if contrast(colour, PAPER) >= READABLE else MUTED


def contrast(one: str, other: str) -> float:
    """Return the contrast of two hex colours, from 1 to 21 (WCAG 2, section 1.4.3)."""
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def luminance(colour: str) -> float:
    """Return the relative luminance of a hex colour, from 0 to 1 (WCAG 2)."""
    red, green, blue = (_linear(part / 255) for part in _rgb(colour))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def legible(colour: str) -> str:
    """Return the colour with white added until it has as much contrast on black as on white: the
    background of a terminal is not known."""
    shares = (step / 20 for step in range(21))
    return next(c for c in (_along((colour, "#ffffff"), s) for s in shares) if luminance(c) >= EVEN)


def _linear(part: float) -> float:
    return part / 12.92 if part <= 0.04045 else float(((part + 0.055) / 1.055) ** 2.4)


def _rgb(colour: str) -> Rgb:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def _along(ramp: Sequence[str], position: float) -> str:
    place = min(max(position, 0.0), 1.0) * (len(ramp) - 1)
    low = min(int(place), len(ramp) - 2)
    share = place - low
    pairs = zip(_rgb(ramp[low]), _rgb(ramp[low + 1]), strict=True)
    return "#" + "".join(f"{round(a + (b - a) * share):02x}" for a, b in pairs)
