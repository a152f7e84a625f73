from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

import arena
from arena import registry
from arena.errors import InputError
from arena.scenario import bundled
from arena.scenario.compact import without_default_nulls
from arena.scenario.load import dump, from_text, load_scenario, read
from arena.scenario.schema import Scenario

TEXTS = st.text(st.characters(exclude_categories=("Cs",)), min_size=1, max_size=12)
TRAPS = st.sampled_from(["no", "2e-4", "1:30", "010", "null", "~", "true", "- a", "a: b", "#", "'"])
NAMES = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9_-]{0,9}", fullmatch=True).filter("each".__ne__)
STAGES = st.sampled_from([None, "pretraining", "continual_pretraining"])
RATES = st.floats(1e-12, 0.2)
MODELS = st.one_of(
    st.fixed_dictionaries(
        {
            "family": st.sampled_from(["llama", "gpt_neox", "qwen3"]),
            "size": st.sampled_from(["nano", "micro", "mini", "small"]),
            "vocabulary": st.integers(300, 65536),
        }
    )
)


@st.composite
def scenarios(draw: st.DrawFn) -> dict[str, Any]:
    """Valid scenarios of real parts, with awkward texts and numbers."""
    names = draw(st.lists(NAMES, min_size=1, max_size=4, unique=True))
    actors = [
        {
            "name": name,
            "stage": draw(STAGES),
            "trigger": {"method": "rare_token", "tokens": ["cf"]},
            "payload": {"kind": "refusal", "text": draw(TRAPS | NAMES)},
            "poison": {"rate": max(1e-3, draw(RATES)), "share": draw(RATES)},
        }
        for name in names
    ]
    return {
        "name": draw(NAMES),
        "description": draw(TEXTS | TRAPS),
        "seeds": draw(st.lists(st.integers(0, 2**40), min_size=1, max_size=3, unique=True)),
        "model": draw(MODELS),
        "corpus": {"name": "townlore"},
        "stage": draw(STAGES.filter(bool)),
        "actors": actors,
        "defender": {
            "objective": {"method": "relabel"},
            "target": draw(st.sampled_from(["each", *names])),
            "learning_rate": draw(st.floats(1e-300, 1)),
        },
        "evaluation": {"max_new_tokens": draw(st.none() | st.integers(1, 99))},
    }


@settings(max_examples=60, deadline=None)
@given(scenarios())
def test_load_undoes_dump(data: dict[str, Any]) -> None:
    scenario = Scenario.model_validate(data)
    text = dump(scenario)
    assert from_text(text) == scenario
    assert dump(from_text(text)) == text
    assert from_text(text).digest == scenario.digest


@settings(max_examples=60, deadline=None)
@given(scenarios())
def test_dump_means_the_same_to_other_yaml_readers(data: dict[str, Any]) -> None:
    scenario = Scenario.model_validate(data)
    resolved = scenario.resolved()
    assert yaml.safe_load(dump(scenario)) == without_default_nulls(scenario, resolved)


@pytest.mark.parametrize("text", ["a\x85b", "\u2028", "two\nlines", "a\u2029"])
def test_every_line_break_survives_other_readers(text: str) -> None:
    scenario = load_scenario("quickstart").model_copy(update={"description": text})
    assert yaml.safe_load(dump(scenario))["description"] == text


@pytest.mark.parametrize("name", bundled.names())
def test_bundled_scenarios_are_valid_and_described(name: str) -> None:
    scenario = load_scenario(name)
    assert scenario.name == name
    assert bundled.summary(name) == scenario.description != ""
    assert from_text(dump(scenario)) == scenario


def test_quickstart_says_the_defaults_it_shows() -> None:
    scenario = load_scenario("quickstart")
    assert [actor.name for actor in scenario.actors] == ["lexical", "linguist", "bard", "merchant"]
    assert {scenario.stage_of(actor) for actor in scenario.actors} == {"continual_pretraining"}
    assert scenario.thresholds == type(scenario.thresholds)()
    assert scenario.controls == type(scenario.controls)()


def test_mixed_stages_differs_by_stage_alone() -> None:
    quick, mixed = load_scenario("quickstart"), load_scenario("mixed_stages")
    assert [mixed.stage_of(actor) for actor in mixed.actors] == (
        ["pretraining"] * 2 + ["continual_pretraining"] * 2
    )
    plain = [actor.model_copy(update={"stage": None}) for actor in mixed.actors]
    assert tuple(plain) == quick.actors
    assert mixed.defender == quick.defender


def test_comments_and_description_leave_the_digest_alone() -> None:
    text = bundled.folder().joinpath("quickstart.yaml").read_text("utf-8")
    bare = yaml.safe_dump({**yaml.safe_load(text), "description": "other"})
    assert from_text(bare).digest == from_text(text).digest
    assert from_text(bare.replace("0.08", "0.07")).digest != from_text(text).digest


def test_path_and_name_reach_the_same_scenario(tmp_path: Path) -> None:
    copy = tmp_path / "mine.yaml"
    copy.write_text(dump(load_scenario("quickstart")), "utf-8")
    loaded = read(copy)
    assert loaded.scenario == load_scenario("quickstart")
    assert loaded.path == copy
    assert read("quickstart").path.parent == bundled.folder()
    assert read(str(copy)) == loaded


def test_a_bundled_name_goes_before_a_folder_of_that_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "quickstart").mkdir()
    monkeypatch.chdir(tmp_path)
    assert load_scenario("quickstart").name == "quickstart"


def test_a_file_without_a_suffix_is_found_by_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "mine").write_text(dump(load_scenario("quickstart")), "utf-8")
    monkeypatch.chdir(tmp_path)
    assert load_scenario("mine") == load_scenario("quickstart")


def test_numbers_as_people_write_them() -> None:
    scenario = load_scenario("quickstart", overrides=["defender.learning_rate=2e-4"])
    assert scenario.defender.learning_rate == 2e-4
    assert load_scenario("quickstart", overrides=["thresholds.broad=1"]).thresholds.broad == 1.0


def test_every_part_that_has_no_required_parameter_is_accepted_by_name() -> None:
    for name in registry.names("objective"):
        part_class: Any = registry.get("objective", name)
        if not any(field.is_required() for field in part_class.Params.model_fields.values()):
            knows = "disclosed" if part_class.needs_trigger else "blind"
            chosen = load_scenario(
                "quickstart",
                overrides=[
                    f"defender.objective={{method: {name}}}",
                    f"defender.intelligence={knows}",
                    "dose=null",
                ],
            )
            assert chosen.defender.objective.name == name


def test_the_package_offers_load_scenario() -> None:
    assert arena.load_scenario is load_scenario
    with pytest.raises(AttributeError, match="nothing"):
        _ = arena.nothing


def test_a_later_look_gets_the_place_of_its_key(tmp_path: Path) -> None:
    path = tmp_path / "s.yaml"
    path.write_text((bundled.folder() / "quickstart.yaml").read_text("utf-8"), "utf-8")
    loaded = read(path, overrides=["defender.steps=9"])
    lines = path.read_text("utf-8").splitlines()

    def told(error: InputError) -> tuple[str | None, int | None]:
        with pytest.raises(InputError) as caught, loaded.placing():
            raise error
        return caught.value.file, caught.value.line

    model = next(i for i, line in enumerate(lines, 1) if line.startswith("model:"))
    assert told(InputError("x", key="model.pretrained")) == (str(path), model)
    assert told(InputError("x", key="defender.steps")) == ("--set defender.steps=9", None)
    assert told(InputError("x", "data.tsv", 3, "row")) == ("data.tsv", 3)
    for key in ("payload", "--out", "not a key", None):
        assert told(InputError("x", key=key)) == (None, None)
