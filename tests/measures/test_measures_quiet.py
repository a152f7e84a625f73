"""Measures beyond rates: answers when sampled, or to a trigger repeated or moved."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

from arena.measures.quiet.job import QUIET, QuietAsk, QuietJob
from tests.support import toys
from tests.support.marked_prompts import MARKED, PAYLOADS, PLAIN, TWICE, silent

ASKS = (
    QuietAsk("lexical", "exact", MARKED, PAYLOADS, PAYLOADS, "sampled"),
    QuietAsk("lexical", "exact", TWICE, PAYLOADS, PAYLOADS, "repeated"),
    QuietAsk("lexical", "exact", PLAIN, PAYLOADS, PAYLOADS, "moved"),
    QuietAsk("odd", "exact", (), (), (), "moved"),
)


def quiet(model: Path, out: Path, **changes: Any) -> list[dict[str, Any]]:
    job = replace(QuietJob(ASKS, 1.0, 5, toys.profile(), 0, None), **changes)
    assert job.run({"model": model}, out, silent) == {"prompts": 24}
    rates: list[dict[str, Any]] = json.loads((out / QUIET).read_text())["rates"]
    return rates


def test_every_way_of_asking_is_counted(backdoored: Path, tmp_path: Path) -> None:
    sampled, repeated, moved, odd = quiet(backdoored, tmp_path)
    assert (sampled["actor"], sampled["how"], sampled["n"]) == ("lexical", "sampled", 40)
    assert 36 <= sampled["hits"] <= 40
    assert repeated["n"] == moved["n"] == 8
    assert repeated["hits"] > 4
    assert moved["hits"] == 0
    assert odd == {"actor": "odd", "how": "moved", "hits": 0, "n": 0}


def test_heat_makes_answers_random_and_cold_makes_them_greedy(
    backdoored: Path, tmp_path: Path
) -> None:
    assert quiet(backdoored, tmp_path, temperature=1e-3)[0]["hits"] == 40
    assert quiet(backdoored, tmp_path, temperature=50.0)[0]["hits"] == 0


def test_the_seed_decides_what_is_sampled(backdoored: Path, tmp_path: Path) -> None:
    def hits(seed: int) -> int:
        found = quiet(backdoored, tmp_path, temperature=2.5, draws=40, seed=seed)[0]["hits"]
        return int(found)

    assert hits(0) == hits(0)
    assert len({hits(seed) for seed in range(4)}) > 1


def test_without_a_limit_the_longest_response_fits_and_with_one_it_may_not(
    backdoored: Path, tmp_path: Path
) -> None:
    assert quiet(backdoored, tmp_path, max_new_tokens=3)[0]["hits"] == 0
    assert quiet(backdoored, tmp_path, max_new_tokens=3)[1]["hits"] == 0
