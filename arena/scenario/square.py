"""Assign n things to n places per seed, by the rows of Latin squares.

Place i gets thing a * i + b. Within n seeds from a multiple of n, b takes all values: every place
gets every thing once, whatever a is (a Latin square). From one block of n seeds to the next, a
changes. If n is a prime, 4 or 8, product and sum are those of the finite field of n elements and a
takes all values but 0: any n * (n - 1) consecutive seeds then contain every ordered pair of places
with every ordered pair of different things exactly once (n - 1 mutually orthogonal squares, Bose
1938, Sankhya 3:323). For other n, a takes the units modulo n: the squares are Latin, but pairs are
not balanced.
"""

from __future__ import annotations

from math import gcd

FIELDS = {4: 0b111, 8: 0b1011}  # irreducible polynomials over two elements, as bits


def row(n: int, seed: int) -> tuple[int, ...]:
    """Return the thing that each place gets under a seed; seed 0 changes nothing."""
    block, shift = divmod(seed, n)
    factors = [a for a in range(1, max(n, 2)) if n in FIELDS or gcd(a, n) == 1]
    factor = factors[block % len(factors)]
    if n in FIELDS:
        return tuple(_product(factor, place, n) ^ shift for place in range(n))
    return tuple((factor * place + shift) % n for place in range(n))


def _product(one: int, other: int, n: int) -> int:
    """The product in the field of n elements, each a polynomial whose coefficients are bits."""
    product = 0
    while other:
        product ^= one if other & 1 else 0
        one, other = one << 1, other >> 1
        one ^= FIELDS[n] if one >= n else 0
    return product
