"""`python -m arena.cli`: the commands where the `arena` script is not installed."""

from arena.cli import main

main()
