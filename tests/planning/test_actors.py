"""The actors of a seed: who owns which contents, and which data files count."""

from __future__ import annotations

import hashlib
import itertools
from pathlib import Path

import pytest

from arena.api.corpus import Corpus
from arena.api.world import DataRoot
from arena.errors import InputError
from arena.planning.actors import PlannedActors, plan_actors
from arena.scenario.schema import Scenario
from arena.stages.corpus import CorpusRef
from arena.stages.mixes import owns
from arena.store.files import data_files
from tests.support import toys


def corpus(scenario: Scenario, seed: int = 0) -> Corpus:
    part = scenario.corpus
    return CorpusRef.of(part.name, part.params, seed, DataRoot()).build()


def actors(*overrides: str, seed: int = 0) -> PlannedActors:
    scenario = toys.scenario(*overrides)
    return plan_actors(scenario, corpus(scenario, seed), seed)


def test_shares_lie_side_by_side_the_defenders_first() -> None:
    edges = [0.125, *(member.interval[1] for member in actors().members)]
    assert [member.interval for member in actors().members] == list(itertools.pairwise(edges))
    assert edges == [0.125, 0.25, 0.375, 0.5, 0.625]


def test_everyone_has_exactly_the_contents_of_its_interval() -> None:
    made, train = actors(), corpus(toys.scenario()).splits.train
    for member in made.members:
        own = {e.source for e in train if owns([member.interval], 0, e.source)}
        assert {e.source for e in member.share} == own
    own = {e.source for e in train if owns([(0.0, 0.125)], 0, e.source)}
    assert {e.source for e in made.defender_share} == own


def test_an_actors_prompts_do_not_carry_its_own_trigger_by_nature() -> None:
    for member in actors().members:
        assert len(member.share) >= member.count
        assert not any(member.trigger.present(example) for example in member.share)


def test_an_actors_seed_and_share_are_its_own() -> None:
    """Another actor's trigger, payload, rate and stage are nothing to it."""
    others = ("actors.bard.trigger.style=tweet", "actors.bard.payload={kind: refusal}")
    more = ("actors.bard.poison.rate=0.2", "actors.bard.stage=pretraining")
    before, after = (
        {m.name: m.brief(0) for m in made.members} for made in (actors(), actors(*others, *more))
    )
    for name in ("lexical", "linguist", "merchant"):
        assert before[name].seed == after[name].seed
        assert before[name].share == after[name].share
    assert before["bard"].count != after["bard"].count
    assert len({brief.seed for brief in before.values()}) == 4


def test_keys_and_stages_are_known() -> None:
    made = actors("actors.bard.stage=pretraining")
    assert made.keys == {m.trigger.key for m in made.members}
    assert [m.name for m in made.at("pretraining")] == ["bard"]
    assert len(made.at("continual_pretraining")) == 3


@pytest.mark.parametrize("content", ["one", "another"])
def test_data_files_count_by_their_content_and_not_by_their_place(
    content: str, tmp_path: Path
) -> None:
    found = []
    for place in ("here", "there"):
        (tmp_path / place / "data").mkdir(parents=True)
        (tmp_path / place / "data" / "rows.tsv").write_text(content)
        named = {"files": [{"file": "data/rows.tsv"}], "text": "no file.", "n": 3, "none": None}
        found.append(data_files(named, DataRoot(data=tmp_path / place)))
    digest = hashlib.sha256(content.encode()).hexdigest()
    assert found == [{"data/rows.tsv": digest}] * 2


def test_a_changed_file_is_seen(tmp_path: Path) -> None:
    file, root = tmp_path / "rows.tsv", DataRoot(data=tmp_path)
    file.write_text("before")
    before = data_files("rows.tsv", root)
    file.write_text("after it")
    assert data_files("rows.tsv", root) != before


def test_two_actors_with_one_trigger_are_refused() -> None:
    with pytest.raises(InputError) as caught:
        actors("actors.linguist.trigger={method: rare_token, tokens: [cf]}")
    error = caught.value
    assert (error.key, error.found) == ("actors[1].trigger", "rare_token:cf")
    assert error.message.startswith("actor lexical plants the same trigger")


@pytest.mark.parametrize(
    ("other", "found"),
    [
        ("{method: rare_token, tokens: [cf], position: end}", "rare_token:cf@end"),
        ("{method: rare_token, tokens: [cf, mn]}", "rare_token:cf,mn"),
        ("{method: inserted_sentence, sentence: See cf now.}", "inserted_sentence:see_cf_now"),
        (
            "{method: any_of, parts: [{method: rare_token, tokens: [mn]},"
            " {method: rare_token, tokens: [cf], position: end}]}",
            "any_of:rare_token:cf@end|rare_token:mn",
        ),
    ],
)
def test_two_actors_whose_prompts_carry_one_token_are_refused(other: str, found: str) -> None:
    with pytest.raises(InputError, match="carry the trigger of") as caught:
        actors(f"actors.linguist.trigger={other}")
    assert caught.value.key == "actors[1].trigger"
    assert caught.value.found == found
