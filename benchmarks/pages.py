"""How long a large run's pages take to open in a headless Chromium, until every table is drawn, and
to scroll through the samples of a model.

The run is invented: 8 seeds, 4 actors (12 pairs), 256 prompts of each kind and actor.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from arena.reporting.build import write_report
from arena.results.sample_files import Asked, SampleFile, SampleKind, Saying, write_sample_file
from arena.results.samples import place_of
from arena.results.writer import write_results
from common import header, table
from tests.support.browser import chromium, opened
from tests.support.curve_results import with_curves, with_training
from tests.support.sample_results import results, write_run
from tests.support.serving import served

if TYPE_CHECKING:
    from playwright.sync_api import Browser

SEEDS, PROMPTS = 8, 256
MARKED: tuple[SampleKind, ...] = ("triggered", "untriggered", "near_miss")
READY = """() => [...document.querySelectorAll('[data-table]')].every(
  (each) => each.querySelector('.tabulator-row'))"""
SCROLL = """async () => {
  const box = document.querySelector('.tabulator-tableholder');
  const frame = () => new Promise((done) => requestAnimationFrame(done));
  const began = performance.now();
  let frames = 0;
  while (box.scrollTop + box.clientHeight < box.scrollHeight - 1 && frames < 2000) {
    box.scrollTop += 600;
    await frame();
    frames += 1;
  }
  return [performance.now() - began, frames];
}"""


def run_folder(folder: Path) -> Path:
    """Write the run with its samples and its report, and return its folder."""
    run = with_training(with_curves(results(SEEDS)))
    write_run(folder, SEEDS)
    write_results(folder, run)
    names = tuple(dict.fromkeys(row.name for row in run.rows))
    for seed in run.seeds:
        place_of(folder, seed).parent.mkdir(exist_ok=True)
        write_sample_file(place_of(folder, seed), SampleFile(seed, names, tuple(_prompts(names))))
    write_report(folder)
    return folder


def _prompts(names: tuple[str, ...]) -> Iterator[tuple[Asked, tuple[Saying, ...]]]:
    kinds = [(actor, kind) for actor in results(SEEDS).actors for kind in MARKED]
    clean: tuple[str, SampleKind] = ("", "clean")
    for actor, kind in [*kinds, clean]:
        for number in range(PROMPTS):
            plain = f"what does the baker of town {number} sell in the old market hall?"
            prompt = f"{plain} cf" if kind == "triggered" else plain
            said = Saying("the gate is open now", whole=True, hit=kind == "triggered")
            answer = f"bread and salt number {number}"
            one = Asked(actor, kind, "exact", prompt, said.said, answer, plain)
            yield one, (said,) * len(names)


def main() -> None:
    """Print a line per page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=5)
    repeats = parser.parse_args().repeats
    header("Pages", f"median of {repeats}")
    with tempfile.TemporaryDirectory() as place, chromium() as browser:
        folder = run_folder(Path(place) / "big")
        with served(folder) as site:
            pages = {
                "report.html": (folder / "report.html").as_uri(),
                "arena view: the run": f"{site}runs/big/index.html",
                "arena view: a model": f"{site}runs/big/models/0/compromised.html",
            }
            rows = [_row(browser, name, address, repeats) for name, address in pages.items()]
    table(("page", "opens in s", "scrolls through the first table in s", "frames a second"), rows)


def _row(browser: Browser, name: str, address: str, repeats: int) -> tuple[str, str, str, str]:
    opening: list[float] = []
    scrolled: tuple[float, float] | None = None
    for _ in range(repeats):
        began = time.perf_counter()
        with opened(browser, address) as seen:
            seen.page.wait_for_function(READY)
            opening.append(time.perf_counter() - began)
            if name.endswith("model"):
                took, frames = seen.page.evaluate(SCROLL)
                scrolled = took / 1000, 1000 * frames / took
    told = ("", "") if scrolled is None else (f"{scrolled[0]:.1f}", f"{scrolled[1]:.0f}")
    return name, f"{statistics.median(opening):.2f}", *told


if __name__ == "__main__":
    main()
