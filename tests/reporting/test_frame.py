"""What every page has in the same form: anchors, contents, names of tables and scroll boxes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import escape

from arena.reporting import palette
from arena.reporting.figures.canvas import Sheet, on_paper, themed
from arena.reporting.frame import Entry, framed

BODY = """<section><h2>Who &amp; whom</h2>
<div class="scroll"><table><thead><tr><th>a</th><th colspan="2">b</th></tr></thead>
<tbody><tr><th scope="row">1</th><td>2</td></tr></tbody></table></div>
<div class="scroll"><svg><clipPath id="x"></clipPath></svg></div></section>
<section><h2>Who &amp; whom</h2></section><section><h2 id="kept">Kept</h2></section>"""


def test_headings_get_anchors_and_are_the_contents() -> None:
    done = framed(BODY)
    assert done.contents == (
        Entry("who-whom", "Who & whom"),
        Entry("who-whom-2", "Who & whom"),
    )
    for entry in done.contents:
        assert f'<h2 id="{entry.id}">' in done.body
        assert f'href="#{entry.id}"' in done.body


def test_tables_and_scroll_boxes_have_names_of_their_own() -> None:
    body = framed(BODY).body
    assert '<th scope="col">a' in body
    assert '<th colspan="2" scope="colgroup">b' in body
    assert "<table><caption>Who &amp; whom</caption>" in body
    assert 'tabindex="0" role="region" aria-label="Who &amp; whom, scrolls"' in body
    assert 'aria-label="Who &amp; whom, scrolls (2)"' in body
    assert "<clipPath" in body


@given(st.text(max_size=40))
def test_any_heading_stays_text_and_nothing_is_lost(text: str) -> None:
    safe = str(escape(text))
    body = f"<section><h2>{safe}</h2><p>{safe}</p></section>"
    done = framed(body)
    assert done.body.endswith(f"<p>{safe}</p></section>")
    assert done.body.count("<") <= body.count("<") + 2  # one link, if there is any heading
    assert len(done.contents) == bool(text.strip())


@pytest.mark.usefixtures("rendered")
def test_a_figure_in_a_page_takes_its_colours_and_text_is_left_alone() -> None:
    sheet = Sheet("test", 100, 50)
    sheet.text(5, 5, f"fill: {palette.INK}")
    sheet.rect(10, 10, 20, 20, fill=palette.asr_colour(1.0))
    svg = sheet.svg("a title", "a description")
    page = themed(svg)
    assert f"fill: var(--ink, {palette.INK})" in page
    assert f">fill: {palette.INK}<" in page
    assert "var(" not in svg
    assert palette.ASR_RAMP[-1] in page


def test_no_colour_of_a_cell_or_of_its_text_is_themed() -> None:
    ramps = (palette.ASR_RAMP, palette.COOL_RAMP, palette.WARM_RAMP)
    cells = {colour for ramp in ramps for colour in ramp}
    texts = {palette.readable_on(colour) for colour in cells}
    assert not (cells | texts) & set(palette.THEMED)


def test_a_figure_in_a_file_has_a_white_background() -> None:
    svg = on_paper('<svg width="9"><g/></svg>')
    assert svg == '<svg width="9"><rect width="100%" height="100%" fill="#ffffff"/><g/></svg>'


@pytest.mark.usefixtures("rendered")
@pytest.mark.parametrize(("width", "box"), [(300, b"0 0 300 50"), (1008, b"0 0 504 25")])
def test_a_figure_for_a_paper_is_no_wider_than_its_page(width: int, box: bytes) -> None:
    sheet = Sheet("test", width, 50)
    sheet.text(5, 5, "T 0.32", size=12)
    sheet.line(0, 0, width, 50, width=2)
    drawing = sheet.svg("a title", "a description")
    assert b"/MediaBox [ " + box + b" ]" in drawing.pdf()
    assert drawing.pdf() == drawing.pdf()
    shrunk = min(1.0, 504 / width)
    assert drawing.figure.axes[0].texts[0].get_fontsize() == 12 * shrunk
    assert drawing.figure.axes[0].lines[0].get_linewidth() == 2 * shrunk
