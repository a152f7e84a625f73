"""Makes the fakes of a search importable by name, wherever the tests are started from."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parent.parent / "search"))
