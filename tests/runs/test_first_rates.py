"""arena/runs/first_rates.py: what is told of the backdoors before the end of a run."""

from __future__ import annotations

from arena.results.rows import Rate
from arena.runs.first_rates import in_words
from arena.runs.gather import of_actors


def test_a_backdoor_below_the_limit_is_marked() -> None:
    asr = {
        "signer": Rate(hits=64, n=64),
        "stranger": Rate(hits=57, n=64),
        "nobody": Rate(hits=0, n=0),
        "benign:tone": Rate(hits=1, n=64),
    }
    assert in_words(3, of_actors(asr), 0.9) == (
        "compromised model, seed 3: ASR signer 1.00, stranger 0.89 (too low: below 0.90)"
    )
    assert in_words(0, {}, 0.9) == "compromised model, seed 0: ASR not measured"
