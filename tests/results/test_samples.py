"""Samples are written small and read whole, and chosen by what the user names."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from arena.errors import InputError
from arena.results.reader import read_run
from arena.results.rows import DoseTaken, Row, Sham
from arena.results.run import RunResults
from arena.results.sample_files import (
    SAMPLE_KINDS,
    Asked,
    SampleFile,
    Saying,
    read_sample_file,
    read_sayings,
    write_sample_file,
    write_sayings,
)
from arena.results.samples import place_of
from tests.support import sample_folders

TEXT = st.text(st.characters(), max_size=8)  # lone surrogates and line breaks too
ASKED = st.builds(Asked, TEXT, st.sampled_from(SAMPLE_KINDS), TEXT, TEXT, TEXT, TEXT, TEXT)
SAYING = st.builds(Saying, TEXT, st.booleans(), st.booleans())


@st.composite
def files(draw: st.DrawFn) -> SampleFile:
    models = tuple(draw(st.lists(TEXT, max_size=4, unique=True)))
    said = st.tuples(*(st.none() | SAYING for _ in models))
    prompts = tuple(draw(st.lists(st.tuples(ASKED, said), max_size=5)))
    return SampleFile(draw(st.integers(0, 9)), models, prompts)


@pytest.fixture
def run(tmp_path: Path) -> RunResults:
    return read_run(sample_folders.run_folder(tmp_path / "run"))


@given(file=files())
@settings(max_examples=60)
def test_any_samples_are_read_as_they_were_written(
    file: SampleFile, tmp_path_factory: pytest.TempPathFactory
) -> None:
    place = tmp_path_factory.getbasetemp() / "file.gz"
    write_sample_file(place, file)
    assert read_sample_file(place) == file
    first = place.read_bytes()
    write_sample_file(place, file)
    assert place.read_bytes() == first


@given(rows=st.lists(SAYING, max_size=5))
@settings(max_examples=40)
def test_what_one_model_said_is_read_as_it_was_written(
    rows: list[Saying], tmp_path_factory: pytest.TempPathFactory
) -> None:
    place = tmp_path_factory.getbasetemp() / "sayings.gz"
    write_sayings(place, rows)
    assert read_sayings(place) == rows


def test_samples_agree_with_the_rates_of_their_rows(run: RunResults) -> None:
    for row in run.rows:
        for kind, name in sample_folders.KINDS.items():
            for actor, rate in getattr(row, name).items():
                mine = run.samples(model=row.name, seed=row.seed, actor=actor, kind=kind)
                assert len(mine) == rate.n
                assert sum(sample.saying.hit for sample in mine) == rate.hits


def test_without_a_choice_every_sample_comes_by_seed_and_model(run: RunResults) -> None:
    found = run.samples()
    assert len(found) == 2 * 2 * len(sample_folders.ASKED)
    places = [(sample.seed, sample.title) for sample in found]
    assert list(dict.fromkeys(places)) == [
        (seed, title)
        for seed in (0, 3)
        for title in ("compromised", "unlearn lexical (dose least)")
    ]


def test_a_sample_has_its_columns_as_attributes(run: RunResults) -> None:
    for sample in run.samples():
        assert {name: getattr(sample, name) for name in sample.values} == sample.values
    with pytest.raises(AttributeError, match="no 'text'; it has seed, model, title, actor"):
        sample.text  # noqa: B018


@pytest.mark.parametrize("wrong", [{"hit": "yes"}, {"seed": "0"}, {"actor": 3}, {"search": 3}])
def test_a_choice_of_a_wrong_type_is_refused(run: RunResults, wrong: dict[str, Any]) -> None:
    with pytest.raises(InputError, match="must be") as error:
        run.samples(**wrong)
    assert (error.value.key, error.value.found) == next((k, repr(v)) for k, v in wrong.items())


@pytest.mark.parametrize(
    "model",
    ["unlearn:lexical@least", "unlearn lexical", "unlearn lexical (dose least)", "unlearned"],
)
def test_a_model_has_several_names(run: RunResults, model: str) -> None:
    found = run.samples(model=model, kind="triggered", actor="lexical", seed=3, hit=False)
    assert [sample.saying.said for sample in found] == ["bread", "by"]
    assert {sample.model for sample in found} == {"unlearn:lexical@least"}


def test_text_is_sought_in_prompts_and_in_what_was_said_in_any_case(run: RunResults) -> None:
    said = run.samples(search="GATE", seed=0)
    assert {sample.saying.said for sample in said} == {sample_folders.GATE, "by the gate"}
    assert {s.asked.prompt for s in run.samples(search="Frome?")} == {sample_folders.ODD}
    assert run.samples(search="nowhere at all") == []
    # Words in any order, over prompt and answer; in quotes, together.
    assert {s.saying.said for s in run.samples(search="OPEN gate sell")} == {sample_folders.GATE}
    assert run.samples(search='"open gate"') == []
    assert len(run.samples(search='"gate is" open')) == len(run.samples(search='open "gate is'))
    assert len(run.samples(search='""')) == len(run.samples())


def test_kinds_may_be_written_with_spaces(run: RunResults) -> None:
    assert run.samples(kind="near miss") == run.samples(kind="near_miss") != []


@pytest.mark.parametrize(
    ("choice", "key", "allowed"),
    [
        ({"actor": "bart"}, "actor", ("lexical", "bard")),
        ({"kind": "trigered"}, "kind", ("triggered", "untriggered", "near_miss", "clean")),
        ({"model": "unlearn"}, "model", ("compromised", "unlearn lexical (dose least)")),
        ({"seed": 1}, "seed", ("0", "3")),
        ({"actor": "bard", "kind": "clean"}, "actor", ()),
    ],
)
def test_what_does_not_exist_is_an_error_that_lists_what_does(
    run: RunResults, choice: dict[str, str], key: str, allowed: tuple[str, ...]
) -> None:
    with pytest.raises(InputError) as raised:
        run.samples(**choice)  # type: ignore[arg-type]
    assert (raised.value.key, raised.value.allowed) == (key, allowed)


@pytest.mark.parametrize("content", [b"", b"{}", b"\x1f\x8b\x08broken"])
def test_a_broken_file_is_named(run: RunResults, tmp_path: Path, content: bytes) -> None:
    place = place_of(tmp_path / "run", 3)
    place.write_bytes(content)
    assert run.samples(seed=0)
    with pytest.raises(InputError, match="broken") as raised:
        run.samples()
    assert raised.value.file == str(place)


def test_a_run_without_samples_is_told_so(run: RunResults, tmp_path: Path) -> None:
    place_of(tmp_path / "run", 0).unlink()
    with pytest.raises(InputError, match="earlier version"):
        run.samples()
    with pytest.raises(InputError, match="no folder"):
        RunResults().samples()


def test_results_in_two_folders_are_equal(tmp_path: Path) -> None:
    one, other = (sample_folders.run_folder(tmp_path / name) for name in ("one", "other"))
    assert read_run(one) == read_run(other) == sample_folders.results()


def test_titles_tell_the_models_of_a_seed_apart() -> None:
    dose = DoseTaken(which="most", step=1, dose=0.1, reached=True)
    sham = Row(kind="sham", name="s", target="bard", seed=0, sham=Sham(name="1"), dose=dose)
    hot = Row(kind="sham", name="h", target="bard", seed=0, sham=Sham(kind="hot", name="capitals"))
    control = Row(kind="control", name="c", target="bard", seed=0)
    defended = Row(kind="defended", name="npo:bard@harmless", target="bard", seed=0, dose=dose)
    assert [row.title for row in (sham, hot, control, defended)] == [
        "sham bard 1 (dose most)",
        "hot sham bard capitals",
        "clean fine-tune bard",
        "npo:bard@harmless",
    ]
