"""The contracts of triggers and payloads, on all that are registered."""

from __future__ import annotations

import subprocess
import sys

from arena.testing.cases import every
from arena.testing.payloads import PayloadContract
from arena.testing.triggers import TriggerContract


class TestTriggers(TriggerContract):
    parts = every("trigger")


class TestPayloads(PayloadContract):
    parts = every("payload")


def test_making_poison_imports_no_torch() -> None:
    program = (
        "import sys; from arena import registry; registry.names('trigger'); "
        "import arena.stages.poison; "
        "sys.exit(any(name in sys.modules for name in ('torch', 'ray', 'transformers')))"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
