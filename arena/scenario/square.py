"""Which of n things each of n places gets, by seed: rows of Latin squares.

Place i gets thing a * i + b. Within n seeds from a multiple of n, b runs through all values: every
place meets every thing once, whatever a is (a Latin square). From one block of n seeds to the next
a changes. Where n is a prime, 4 or 8, product and sum are those of the finite field of n elements
and a runs through all but 0: any n * (n - 1) seeds in a row then hold every ordered pair of places
with every ordered pair of different things exactly once (n - 1 mutually orthogonal squares, Bose
1938, Sankhya 3:323). For other n, a runs through the units modulo n: the squares are Latin, pairs
are not balanced.
"""

from __future__ import annotations

from math import gcd

FIELDS = {4: 0b111, 8: 0b1011}  # irreducible polynomials over two elements, as bits


def row(n: int, seed: int) -> tuple[int, ...]:
    """Return what each place gets under a seed; seed 0 leaves everything where it is."""
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
