"""Contracts that every part must satisfy, as test classes for a plug-in's tests to inherit (needs
pytest).

    from arena.testing.triggers import TriggerContract
    from shout import Shout

    class TestShout(TriggerContract):
        parts = (Shout,)

One class per role: `triggers.TriggerContract`, `payloads.PayloadContract`,
`corpora.CorpusContract`, `objectives.ObjectiveContract`, `tactics.TacticContract`,
`discovery.DiscoveryContract`. The project's own tests run them over everything that is registered.
"""

from __future__ import annotations

import pytest

for suite in ("triggers", "payloads", "corpora", "objectives", "tactics", "discovery"):
    pytest.register_assert_rewrite(f"arena.testing.{suite}")
