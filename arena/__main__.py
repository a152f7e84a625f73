"""The `arena` command: says at once that it is loading, since its own libraries take seconds."""

from __future__ import annotations

import sys

from arena.progress.startup import announce


def main() -> None:
    """The console entry point."""
    if sys.argv[1:] and "--quiet" not in sys.argv:
        announce("arena: loading")
    from arena.cli import main as run

    run()


if __name__ == "__main__":
    main()
