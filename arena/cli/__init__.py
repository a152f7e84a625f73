"""The command line: `arena run`, `stress`, `tune`, `duel`, `compare`, `report` and others."""

from arena.cli.app import app, main

__all__ = ["app", "main"]
