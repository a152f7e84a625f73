"""The `arena` command: says at once that it is loading, since its own libraries take seconds."""

from __future__ import annotations

import sys

from arena.progress.startup import announce

LONG = ("run", "stress", "tune", "duel")  # commands that show their progress


def main() -> None:
    """The console entry point."""
    if sys.argv[1:2] and sys.argv[1] in LONG and "--quiet" not in sys.argv:
        announce(f"arena {sys.argv[1]}: loading")
    from arena.cli import main as run

    run()


if __name__ == "__main__":
    main()
