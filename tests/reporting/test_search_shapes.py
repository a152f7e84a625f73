"""The hand-made results of a search and a duel have the keys that real ones have."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from arena.reporting import duel as duel_page
from arena.reporting import tune as tune_page
from tests.support.duel_results import duel
from tests.support.real_searches import real_duel_results, real_tune_results
from tests.support.tune_results import tune

from .test_build import Page

Read = Callable[[dict[str, Any]], Any]

TUNE: dict[str, Read] = {
    "whole": lambda r: r,
    "study": lambda r: r["study"],
    "limits": lambda r: r["study"]["constraints"],
    "seeds": lambda r: r["study"]["seeds"],
    "trial": lambda r: r["trials"],
    "constraint": lambda r: [t["constraints"] for t in r["trials"] if t["constraints"]],
    "measured": lambda r: [t["measured"] for t in r["trials"] if t["measured"]],
    "history": lambda r: r["history"],
    "importance": lambda r: r["importance"],
    "candidate": lambda r: r["candidates"],
    "contender": lambda r: r["contenders"],
    "difference": lambda r: r["differences"],
    "per seed": lambda r: r["per_seed"],
    "defenders": lambda r: list(r["per_seed"].values()),
    "unseen": lambda r: r["unseen"],
    "seconds": lambda r: r["seconds"],
}
DUEL: dict[str, Read] = {
    "whole": lambda r: r,
    "study": lambda r: r["study"],
    "seeds": lambda r: r["seeds"],
    "round": lambda r: r["rounds"],
    "move": lambda r: [each[side] for each in r["rounds"] for side in ("red", "blue")],
    "red strategy": lambda r: r["strategies"]["red"],
    "blue strategy": lambda r: r["strategies"]["blue"],
    "last": lambda r: r["last"],
    "cell": lambda r: r["payoff"],
    "replies": lambda r: r["replies"],
    "seconds": lambda r: r["seconds"],
}


@pytest.fixture(scope="module")
def real_tune(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return real_tune_results(tmp_path_factory.mktemp("tune"))


@pytest.fixture(scope="module")
def real_duel(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return real_duel_results(tmp_path_factory.mktemp("duel"))


def keys(found: Any) -> set[str]:
    """Of a mapping, or of the entries of a list, which all have the same."""
    first, *others = [found] if isinstance(found, Mapping) else found
    assert all(set(each) == set(first) for each in others)
    return set(first)


@pytest.mark.parametrize("place", TUNE)
def test_the_sample_of_a_search_has_the_keys_of_a_real_one(
    place: str, real_tune: dict[str, Any]
) -> None:
    ours, theirs = keys(TUNE[place](tune())), keys(TUNE[place](real_tune))
    assert ours == theirs


@pytest.mark.parametrize("place", DUEL)
def test_the_sample_of_a_duel_has_the_keys_of_a_real_one(
    place: str, real_duel: dict[str, Any]
) -> None:
    ours, theirs = keys(DUEL[place](duel())), keys(DUEL[place](real_duel))
    assert ours == theirs


def test_real_results_fill_their_pages(
    real_tune: dict[str, Any], real_duel: dict[str, Any]
) -> None:
    text = said(tune_page.page(real_tune)[0])
    assert "self distillation, 40 steps, learning rate 0.0001" in text
    assert "searching took" in text
    assert "random search took" in text
    assert "ASR left of the trigger that was told at most 0.1" in text
    told = {name for name, _, _ in tune_page.tune_trials.limits(real_tune)}
    assert not told & {key.replace("_", " ") for key in real_tune["study"]["constraints"]}
    assert "red0" in said(duel_page.page(real_duel)[0])


def said(page: str) -> str:
    return " ".join(" ".join(Page(page).texts).split())
