import pytest

from arena.errors import InputError
from arena.scenario.load import load_scenario
from arena.scenario.overrides import apply
from arena.scenario.tree import Place, Tree, parse

TEXT = "a: {b: 1}\nempty:\nlist:\n  - {name: x, n: 1}\n  - {name: y, n: 2}\n"


@pytest.fixture
def tree() -> Tree:
    return parse(TEXT, "f.yaml")


@pytest.mark.parametrize(
    ("override", "path", "value"),
    [
        ("a.b=2e-4", ("a", "b"), 2e-4),
        ("a.b = [1, two]", ("a", "b"), [1, "two"]),
        ("a.b=x=y", ("a", "b"), "x=y"),
        ("a.b=", ("a", "b"), None),
        ("new.section.key=7", ("new", "section", "key"), 7),
        ("empty.key=true", ("empty", "key"), True),
        ("list[1].n=5", ("list", 1, "n"), 5),
        ("list.y.n=5", ("list", 1, "n"), 5),
        ("list.x={name: z}", ("list", 0), {"name": "z"}),
    ],
)
def test_put_where_it_says(
    tree: Tree, override: str, path: tuple[str | int, ...], value: object
) -> None:
    apply(tree, [override])
    at = tree.data
    for step in path:
        at = at[step]
    assert at == value
    assert tree.place(path) == Place(f"--set {override}")
    assert tree.place((*path, "inside")) == Place(f"--set {override}")


def test_the_rest_stays(tree: Tree) -> None:
    apply(tree, ["a.c=1"])
    before = parse(TEXT, "f.yaml")
    assert {**tree.data, "a": {"b": 1}} == before.data
    assert tree.place(("a", "b")) == Place("f.yaml", 1)


def test_later_overrides_see_earlier_ones(tree: Tree) -> None:
    apply(tree, ["list.x.name=z", "list.z.n=9", "a.b=1", "a.b=2"])
    assert tree.data["list"][0] == {"name": "z", "n": 9}
    assert tree.data["a"]["b"] == 2


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("a.b", "must be KEY=VALUE"),
        ("=1", "not a key"),
        ("a..b=1", "not a key"),
        ("a.b.c=1", "a.b is a single value"),
        ("a[0]=1", "a is a section"),
        ("[0]=1", "the scenario is a section"),
        ("list[2].n=1", "only 2 entries"),
        ("list.xx.n=1", "did you mean 'x'"),
        ("a.b=[1", "not valid YAML"),
        ("a.b={c: 1, c: 2}", "already on line 1"),
    ],
)
def test_wrong_override_names_its_text(tree: Tree, override: str, message: str) -> None:
    with pytest.raises(InputError) as caught:
        apply(tree, [override])
    assert message in str(caught.value)
    assert caught.value.file == f"--set {override}"
    assert caught.value.line is None


def test_schema_errors_name_the_override() -> None:
    with pytest.raises(InputError) as caught:
        load_scenario("quickstart", overrides=["actors.bard.poison.rate=1.4"])
    expected = "actors[2].poison.rate: must be in (0, 1], got 1.4"
    assert str(caught.value) == f"--set actors.bard.poison.rate=1.4  {expected}"


def test_a_rule_about_a_section_names_the_override_inside_it() -> None:
    with pytest.raises(InputError, match="exactly one of rate and count") as caught:
        load_scenario("quickstart", overrides=["actors.bard.poison.count=5"])
    assert caught.value.file == "--set actors.bard.poison.count=5"


def test_overrides_reach_the_scenario() -> None:
    scenario = load_scenario(
        "quickstart",
        overrides=[
            "defender.steps=80",
            "actors.lexical.poison={count: 50}",
            "evaluation.prompts=8",
        ],
        seeds=[3, 1],
    )
    assert scenario.defender.steps == 80
    assert scenario.actors[0].poison.count == 50
    assert scenario.actors[0].poison.rate is None
    assert scenario.evaluation.prompts == 8
    assert scenario.seeds == (3, 1)


def test_seeds_are_checked_like_the_files() -> None:
    with pytest.raises(InputError, match="already in the list") as caught:
        load_scenario("quickstart", seeds=[2, 2])
    assert caught.value.file == "--seeds 2,2"


def test_matched_shams_and_doses_exclude_each_other() -> None:
    matched = ["controls.sham_matched=true"]
    with pytest.raises(InputError, match="at the dose of their removal") as caught:
        load_scenario("quickstart", overrides=matched)
    assert caught.value.key == "controls.sham_matched"
    assert load_scenario("quickstart", overrides=[*matched, "dose=null"]).controls.sham_matched
