"""Helpers that several tests share."""

import pytest

for suite in ("contracts_attacker", "contracts_corpus", "contracts_defender"):
    pytest.register_assert_rewrite(f"tests.support.{suite}")
