"""The command line: `arena run`, `validate`, `list`, `report`."""

from arena.cli.app import app, main

__all__ = ["app", "main"]
