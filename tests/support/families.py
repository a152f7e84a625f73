"""Families of models for tests that take seconds in each."""

from __future__ import annotations

import pytest

from tests.support.toys import FAMILIES

# the first every time, the others with the slow tests
FIRST, *OTHERS = FAMILIES
MOSTLY_SLOW = (FIRST, *(pytest.param(family, marks=pytest.mark.slow) for family in OTHERS))
