"""Human-readable sizes: `500MB`, `1.5GiB`."""

from __future__ import annotations

import re

DECIMAL = {"B": 1, "kB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12}
BINARY = {"KiB": 2**10, "MiB": 2**20, "GiB": 2**30, "TiB": 2**40}
EXAMPLES = ("500MB", "5GB", "1.5GiB")


def bytes_of(text: str) -> int | None:
    """Return `500MB`, `5GB` or `1.5GiB` as bytes, in any letter case; None if it is no size."""
    units = {name.lower(): factor for name, factor in (DECIMAL | BINARY).items()}
    match = re.fullmatch(r"\s*(\d{1,15}(?:\.\d{1,6})?)\s*([a-z]+)\s*", text.lower(), re.ASCII)
    if match is None or match[2] not in units:
        return None
    return round(float(match[1]) * units[match[2]])
