"""Seeds by name: one scenario seed spawns all others, and adding a name changes no other seed.

`rng(7, "actor", "bard", "poison")` is the same generator in every process and every
scenario that has that seed, whatever else the scenario holds.
"""

from __future__ import annotations

import hashlib

import numpy as np


def sequence(seed: int, *names: str | int) -> np.random.SeedSequence:
    """Return the SeedSequence of a scenario seed and a path of names (order matters)."""
    digest = hashlib.sha256("\x1f".join(str(name) for name in names).encode()).digest()
    key = tuple(int.from_bytes(digest[i : i + 4], "little") for i in range(0, 16, 4))
    return np.random.SeedSequence(entropy=seed, spawn_key=key)


def rng(seed: int, *names: str | int) -> np.random.Generator:
    """Return an independent generator for a scenario seed and a path of names."""
    return np.random.default_rng(sequence(seed, *names))


def integer(seed: int, *names: str | int) -> int:
    """Return a 32-bit seed for libraries that need an int (torch)."""
    return int(sequence(seed, *names).generate_state(1)[0])


def unit(seed: int, *names: str | int) -> float:
    """Return a number in [0, 1) that depends only on the arguments, so splits and shares drawn with
    it stay the same when others are added."""
    text = "\x1f".join(str(part) for part in (seed, *names))
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:7], "big") / 2**56
