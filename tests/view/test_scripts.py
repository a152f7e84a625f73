"""The scripts of a page share one global scope: a name in two of them would replace the first."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import arena.reporting
import arena.view

SCRIPTS = (
    Path(arena.reporting.__path__[0]) / "templates" / "tables.js",
    *(Path(arena.view.__path__[0]) / "assets").glob("*.js"),
)
DECLARED = re.compile(r"^(?:async )?(?:function\*?|const|let|var|class) +(\w+)", re.MULTILINE)


def test_no_two_scripts_declare_the_same_name() -> None:
    names = Counter(
        name for script in SCRIPTS for name in DECLARED.findall(script.read_text(encoding="utf-8"))
    )
    assert len(SCRIPTS) >= 3
    assert len(names) > 20
    assert [name for name, times in names.items() if times > 1] == []
