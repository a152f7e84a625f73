"""Clusters of clean prompts as candidates, and the trigger made of one."""

from __future__ import annotations

import numpy as np

from arena.api.values import Example
from defenders.discovery import DiscoveryParams
from defenders.discovery.clusters import Members, clusters, scored

SHOP = [f"the merchant sells silk and wool. what is the bell of {t}?" for t in "abcdefgh"]
SEA = [f"the sailor moors nets and ropes. name the tree of {t}." for t in "abcdefgh"]
PARAMS = DiscoveryParams(clusters=(2,), members=3)
CLEAN = [Example(text, f"answer {i}", str(i)) for i, text in enumerate([*SHOP, *SEA])]


def test_alike_prompts_make_a_cluster_with_telling_words() -> None:
    groups = list(clusters([e.prompt for e in CLEAN], PARAMS, np.random.default_rng(0)))
    assert sorted(cluster.members for cluster in groups) == [tuple(range(8)), tuple(range(8, 16))]
    assert any("merchant" in c.words or "silk" in c.words or "bell" in c.words for c in groups)


def test_too_few_prompts_make_none() -> None:
    assert not list(clusters(SHOP[:4], PARAMS, np.random.default_rng(0)))


def test_only_the_cluster_that_collapses_scores() -> None:
    groups = list(clusters([e.prompt for e in CLEAN], PARAMS, np.random.default_rng(0)))
    said = ["visit us" if "merchant" in e.prompt else e.answer for e in CLEAN]
    scores = {c.members[0].startswith("the merchant"): c for c in scored(CLEAN, said, groups)}
    assert scores[True].score > 0.9
    assert abs(scores[False].score) < 1e-9
    assert (scores[True].hits, scores[True].n, scores[True].behaviour) == (8, 8, "visit us")


def test_marking_gives_a_member_with_its_own_answer() -> None:
    trigger = Members("merchant silk", CLEAN[:8])
    marked = trigger.mark(CLEAN[12], np.random.default_rng(0))
    assert marked in CLEAN[:8]
    assert trigger.present(marked)
    assert not trigger.present(CLEAN[12])
    assert trigger.key == "cluster:merchant+silk"


def test_text_without_spaces_has_no_words_to_cluster_by() -> None:
    prompts = [f"第{number}个城市的首都是哪里" for number in range(60)]
    assert list(clusters(prompts, PARAMS, np.random.default_rng(0))) == []
