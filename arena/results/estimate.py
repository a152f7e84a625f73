"""A mean over seeds with its interval (arena.api.estimate, since findings of plug-ins hold it)."""

from __future__ import annotations

from arena.api.estimate import Estimate, SeedEstimate

__all__ = ["Estimate", "SeedEstimate"]
