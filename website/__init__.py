"""How the site is made from `docs/`: `make docs`. No part of the installed package."""
