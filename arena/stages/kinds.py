"""Every kind of stage, and the digest of its current code."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator
from typing import Any

from arena import registry, stages
from arena.api.job import Job
from arena.store.code import code_of


def kinds() -> dict[str, type[Job]]:
    """Return the job class of every kind of stage, by name; those of registered measures
    included."""
    for module in pkgutil.iter_modules(stages.__path__, f"{stages.__name__}."):
        importlib.import_module(module.name)
    registry.load()
    return {job.kind: job for job in _below(Job) if "kind" in vars(job)}


def codes() -> dict[str, str]:
    """Return the digest of the current code of every kind of stage, by name."""
    return {kind: code_of(job) for kind, job in kinds().items()}


def _below(base: type[Any]) -> Iterator[type[Job]]:
    """All subclasses of a class, direct or indirect."""
    for job in base.__subclasses__():
        yield job
        yield from _below(job)
