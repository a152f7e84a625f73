"""Pages in a real browser: hostile text stays text, and nothing runs or is asked of the network."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.reporting.test_build import hostile, page_of

BROWSER = shutil.which("chromium") or shutil.which("chromium-browser")
pytestmark = pytest.mark.skipif(BROWSER is None, reason="no chromium on this machine")
# What a page that runs hostile text would do; the word is put together so that text never holds it.
MARK = "ow" + "ned"
SCRIPTS = (
    "<script>document.title='ow'+'ned'</script>",
    "<img src=x onerror=\"document.title='ow'+'ned'\">",
    "<svg onload=\"document.title='ow'+'ned'\">",
    "\"><script>document.title='ow'+'ned'</script>",
    "</title></style></svg><script>document.title='ow'+'ned'</script>",
    "javascript:document.title='ow'+'ned'",
)


def rendered(page: Path, profile: Path) -> str:
    """The document after its scripts ran, if it has any."""
    assert BROWSER is not None
    command = [BROWSER, "--headless", "--no-sandbox", "--disable-gpu", "--dump-dom"]
    done = subprocess.run(
        [*command, f"--user-data-dir={profile}", page.as_uri()],
        capture_output=True, text=True, timeout=120, check=True,
    )  # fmt: skip
    return done.stdout


def test_the_browser_would_run_what_a_page_lets_through(tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    page.write_text(f"<!doctype html><title>page</title><body>{SCRIPTS[0]}", encoding="utf-8")
    assert f"<title>{MARK}</title>" in rendered(page, tmp_path / "profile")


def test_no_hostile_text_runs(tmp_path: Path) -> None:
    html = page_of(*hostile("".join(SCRIPTS)))
    page = tmp_path / "page.html"
    page.write_text(html, encoding="utf-8")
    document = rendered(page, tmp_path / "profile")
    assert MARK not in document
    assert "<script" not in document.lower()
    assert "&lt;script&gt;document.title" in document  # it is there, as text
