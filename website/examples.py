"""The rendered example: the page of a finished run, without links to the files of its folder.

python -m website.examples RUN_FOLDER docs/examples/NAME.html
"""

from __future__ import annotations

import sys
from pathlib import Path

from arena.reporting.build import page_alone

if __name__ == "__main__":
    Path(sys.argv[2]).write_text(page_alone(Path(sys.argv[1])) + "\n", encoding="utf-8")
