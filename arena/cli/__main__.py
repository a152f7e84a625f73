"""`python -m arena.cli`: the command line without the installed `arena` script."""

from arena.cli import main

main()
