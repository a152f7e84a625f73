"""A matplotlib figure with one axis in CSS pixels, y downwards, and its conversion to SVG.

matplotlib is imported on use, without pyplot and its global state. Text stays text (the
page's font, selectable, read aloud), and every id carries the figure's salt, so that one page can
have several figures.
"""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Sequence
from typing import Any
from xml.dom import minidom

from arena.reporting import palette
from arena.reporting.text import clean, fit

FONT = "'Helvetica Neue', Helvetica, Arial, 'Liberation Sans', sans-serif"
PAGE = 504  # points: 7 inches, the text of a page in two columns
_LOCAL = re.compile(r"url\(#([^)]+)\)")
_PLACED = ("d", "x", "y", "transform")  # attributes with coordinates
_FINE = re.compile(r"\d+\.\d{3,}")
_TAG, _COLOUR = re.compile("<[^<>]*>"), re.compile("(?<=: )#[0-9a-f]{6}")


class Drawing(str):
    """A finished drawing as one `<svg>` element, which can also be had as PDF."""

    figure: Any = None

    def pdf(self) -> bytes:
        """Return it as a PDF with its fonts, one point a pixel or, if that is wider than a page,
        as wide as a page; the same drawing gives the same bytes."""
        import matplotlib

        _fit_page(self.figure)
        out = io.BytesIO()
        with matplotlib.rc_context({"pdf.fonttype": 42}), warnings.catch_warnings():
            warnings.filterwarnings("ignore", message="Glyph .* missing from font")
            self.figure.savefig(out, format="pdf", metadata={"CreationDate": None})
        return out.getvalue()


def _fit_page(figure: Any) -> None:
    """Make a figure that is wider than a page as wide as a page, with everything on it."""
    width, height = figure.get_size_inches()
    scale = PAGE / (72 * width)
    if scale >= 1:
        return
    figure.set_size_inches(width * scale, height * scale)
    (axes,) = figure.axes
    for text in axes.texts:
        text.set_fontsize(text.get_fontsize() * scale)
    for shape in (*axes.lines, *axes.patches):
        shape.set_linewidth(shape.get_linewidth() * scale)
    for line in axes.lines:
        line.set_markersize(line.get_markersize() * scale)
        line.set_markeredgewidth(line.get_markeredgewidth() * scale)


class Sheet:
    """Shapes and text at pixel positions; `svg` returns the finished drawing.

    Args:
        salt: prefix of every id, unique on the page.
        width, height: pixels.
    """

    def __init__(self, salt: str, width: float, height: float) -> None:
        from matplotlib.figure import Figure

        self.salt, self.width, self.height = salt, width, height
        self._figure = Figure(figsize=(width / 72, height / 72), dpi=72, facecolor="none")
        self._axes = self._figure.add_axes((0, 0, 1, 1))
        self._axes.set_axis_off()
        self._axes.set_xlim(0, width)
        self._axes.set_ylim(height, 0)
        self._tips: dict[str, str] = {}
        self._drawn = 0

    def _place(self, artist: Any, tip: str | None = None) -> None:
        """Later shapes lie on top of earlier ones, whatever their kind."""
        self._drawn += 1
        artist.set_zorder(self._drawn)
        if tip is not None:
            name = f"tip{len(self._tips)}"
            artist.set_gid(name)
            self._tips[name] = tip

    def rect(
        self, x: float, y: float, width: float, height: float, *, fill: str = "none",
        edge: str = "none", line: float = 1.0, dashed: bool = False, hatched: bool = False,
        radius: float = 0.0, tip: str | None = None,
    ) -> None:  # fmt: skip
        """Draw a box; `hatched` adds grey lines over it, `tip` is shown under the pointer."""
        from matplotlib.patches import FancyBboxPatch

        style = f"Round,pad=0,rounding_size={radius}" if radius else "Square,pad=0"
        patch = FancyBboxPatch(
            (x, y), width, height, boxstyle=style, facecolor=fill, linewidth=line,
            edgecolor=palette.HATCH if hatched else edge, hatch="////" if hatched else None,
            linestyle=(0, (2.5, 2)) if dashed else "-", clip_on=False,
        )  # fmt: skip
        if hatched:
            patch.set_linewidth(0)
        self._place(patch, tip)
        self._axes.add_patch(patch)

    def text(
        self, x: float, y: float, text: object, *, size: float = 12, colour: str = palette.INK,
        bold: bool = False, align: str = "center", room: float | None = None, turn: float = 0,
    ) -> None:  # fmt: skip
        """Write one line, centred on y; `room` truncates it to so many pixels; never parsed as
        TeX."""
        line = clean(text) if room is None else fit(text, room, size)
        label = self._axes.text(
            x, y + 0.36 * size, line, fontsize=size, color=colour, ha=align, va="baseline",
            weight="bold" if bold else "normal", parse_math=False, rotation=turn,
            rotation_mode="anchor", clip_on=False,
        )  # fmt: skip
        self._place(label)

    def line(
        self, x1: float, y1: float, x2: float, y2: float, *, colour: str = palette.RULE,
        width: float = 1.0, dashed: bool = False,
    ) -> None:  # fmt: skip
        """Draw a straight line."""
        style: Any = (0, (2.5, 2.5)) if dashed else "-"
        (drawn,) = self._axes.plot(
            [x1, x2], [y1, y2], color=colour, linewidth=width, linestyle=style, clip_on=False,
            solid_capstyle="butt", scalex=False, scaley=False,
        )  # fmt: skip
        self._place(drawn)

    def path(
        self, xs: Sequence[float], ys: Sequence[float], *, colour: str, width: float = 2.0,
        dashed: bool = False, alpha: float = 1.0,
    ) -> None:  # fmt: skip
        """Draw a line through points."""
        style: Any = (0, (4, 2.5)) if dashed else "-"
        (drawn,) = self._axes.plot(
            xs, ys, color=colour, linewidth=width, linestyle=style, clip_on=False, alpha=alpha,
            solid_joinstyle="round", scalex=False, scaley=False,
        )  # fmt: skip
        self._place(drawn)

    def area(self, xs: Sequence[float], ys: Sequence[float], *, fill: str, alpha: float) -> None:
        """Draw a filled outline."""
        from matplotlib.patches import Polygon

        patch = Polygon(
            list(zip(xs, ys, strict=True)), closed=True, facecolor=fill, edgecolor="none",
            alpha=alpha, clip_on=False,
        )  # fmt: skip
        self._place(patch)
        self._axes.add_patch(patch)

    def dots(
        self, xs: Sequence[float], ys: Sequence[float], *, fill: str, size: float,
        shape: str = "o", alpha: float = 1.0,
    ) -> None:  # fmt: skip
        """Draw many equal markers as one shape, without tips."""
        (drawn,) = self._axes.plot(
            xs, ys, marker=shape, markersize=size, markerfacecolor=fill, markeredgewidth=0,
            linestyle="none", clip_on=False, alpha=alpha, scalex=False, scaley=False,
        )  # fmt: skip
        self._place(drawn)

    def dot(
        self, x: float, y: float, *, fill: str, edge: str = palette.PAPER, size: float = 8,
        shape: str = "o", line: float = 1.0, tip: str | None = None, alpha: float = 1.0,
    ) -> None:  # fmt: skip
        """Draw a marker of matplotlib's alphabet (`o` circle, `D` diamond, `s` square, `|`
        tick)."""
        (marker,) = self._axes.plot(
            [x], [y], marker=shape, markersize=size, markerfacecolor=fill, markeredgecolor=edge,
            markeredgewidth=line, linestyle="none", clip_on=False, alpha=alpha,
            scalex=False, scaley=False,
        )  # fmt: skip
        self._place(marker, tip)

    def ramp(self, x: float, y: float, width: float, colours: Sequence[str]) -> None:
        """Draw a colour bar, 10 pixels high, centred on y."""
        step = width / len(colours)
        for index, colour in enumerate(colours):
            # Each overlaps its neighbour: edges that only touch leave pale seams.
            reach = min(step + 2, width - step * index)
            self.rect(x + step * index, y - 5, reach, 10, fill=colour)

    def svg(self, title: str, description: str) -> Drawing:
        """Return the drawing as one `<svg>` element; the same drawing gives the same text.

        `title` and `description` are its accessible name and its long description.
        """
        import matplotlib

        out = io.StringIO()
        settings = {"svg.fonttype": "none", "svg.hashsalt": self.salt}
        with matplotlib.rc_context(settings), warnings.catch_warnings():
            # The reader's fonts draw the text; glyphs missing from matplotlib's own do not matter.
            warnings.filterwarnings("ignore", message="Glyph .* missing from font")
            self._figure.savefig(out, format="svg", metadata={"Date": None})
        root = minidom.parseString(out.getvalue().encode()).documentElement
        assert root is not None  # parseString never returns an empty document
        _strip(root)
        _round(root)
        _hint(root, self._tips)
        _rename(root, self.salt)
        _describe(root, self.salt, title, description)
        root.setAttribute("width", f"{self.width:g}")
        root.setAttribute("height", f"{self.height:g}")
        root.setAttribute("style", f"stroke-linejoin: round; font-family: {FONT}")
        drawing = Drawing(root.toxml())
        drawing.figure = self._figure
        return drawing


def on_paper(svg: str) -> str:
    """Return a drawing with a white background, for a file: where it is shown on a dark page, its
    text would be dark on dark."""
    end = svg.index(">") + 1
    return f'{svg[:end]}<rect width="100%" height="100%" fill="{palette.PAPER}"/>{svg[end:]}'


def themed(svg: str) -> str:
    """Return a drawing for a page, whose colours are those of the page, light or dark.

    Only for drawings inside a page: programs that read SVG files do not know variables.
    """
    return _TAG.sub(lambda tag: _COLOUR.sub(_variable, tag[0]), svg)


def _variable(colour: re.Match[str]) -> str:
    name = palette.THEMED.get(colour[0])
    return colour[0] if name is None else f"var({name}, {colour[0]})"


def resalted(svg: str, salt: str) -> str:
    """Return a drawing with a prefix before every id, so that it can be used twice on a page."""
    root = minidom.parseString(svg.encode()).documentElement
    assert root is not None  # parseString never returns an empty document
    labels = root.getAttribute("aria-labelledby").split()
    _rename(root, salt)
    if labels:
        root.setAttribute("aria-labelledby", " ".join(f"{salt}-{label}" for label in labels))
    return root.toxml()


def _strip(root: minidom.Element) -> None:
    """Remove what would affect the page: metadata, global style rules, font lists."""
    for tag in ("metadata", "style"):
        for element in list(root.getElementsByTagName(tag)):
            if element.parentNode is not None:
                element.parentNode.removeChild(element)
    for element in root.getElementsByTagName("text"):
        kept = [rule.strip() for rule in element.getAttribute("style").split(";")]
        element.setAttribute("style", "; ".join(r for r in kept if not r.startswith("font-family")))


def _round(root: minidom.Element) -> None:
    """Write coordinates to a hundredth of a pixel: further digits are half of a figure's bytes."""
    for element in root.getElementsByTagName("*"):
        for name in filter(element.hasAttribute, _PLACED):
            element.setAttribute(name, _FINE.sub(_hundredths, element.getAttribute(name)))


def _hundredths(number: re.Match[str]) -> str:
    return f"{float(number[0]):.2f}"


def _rename(root: minidom.Element, salt: str) -> None:
    for element in root.getElementsByTagName("*"):
        for name, value in list(element.attributes.items()):
            if name == "id":
                element.setAttribute(name, f"{salt}-{value}")
            elif name in ("href", "xlink:href") and value.startswith("#"):
                element.setAttribute(name, f"#{salt}-{value[1:]}")
            elif "url(#" in value:
                element.setAttribute(name, _LOCAL.sub(rf"url(#{salt}-\1)", value))


def _hint(root: minidom.Element, tips: dict[str, str]) -> None:
    for element in root.getElementsByTagName("g"):
        tip = tips.get(element.getAttribute("id"))
        if tip is not None:
            element.insertBefore(_element(root, "title", tip), element.firstChild)


def _describe(root: minidom.Element, salt: str, title: str, description: str) -> None:
    root.setAttribute("role", "img")
    root.setAttribute("aria-labelledby", f"{salt}-title {salt}-desc")
    for tag, text in (("desc", description), ("title", title)):
        element = _element(root, tag, text)
        element.setAttribute("id", f"{salt}-{tag}")
        root.insertBefore(element, root.firstChild)


def _element(root: minidom.Element, tag: str, text: str) -> minidom.Element:
    document = root.ownerDocument
    assert document is not None  # elements of a parsed document always have it
    element = document.createElement(tag)
    element.appendChild(document.createTextNode(clean(text)))
    return element
