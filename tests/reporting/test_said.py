"""What models said, on the page of a run: the first prompts, each answer once, all as text."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from arena.reporting.build import write_report
from arena.reporting.run_page import page
from arena.reporting.said import PROMPTS, ROOM, SaidLine, first_samples, said
from arena.results.sample_files import Asked, SampleFile, Saying
from arena.results.samples import place_of
from tests.support.html_pages import EVIL, Page, foreign, text_of
from tests.support.sample_folders import GATE, hostile_samples, results, run_folder, sample_file

BOTH = ("compromised", "unlearn:lexical@least")


def lines_of(file: SampleFile) -> list[SaidLine]:
    found = said(results(), file)
    assert found is not None
    return list(found.lines)


def test_every_answer_stands_once_with_the_models_that_gave_it() -> None:
    lines = lines_of(sample_file(3))
    first = [line for line in lines if line.asked == "lexical, triggered"]
    assert [(line.answer, line.hit, line.given_by) for line in first] == [
        (GATE, True, ["compromised"]),
        ("bread", False, ["unlearn lexical (least)"]),
        (GATE, True, ["compromised"]),
        ("by …", False, ["unlearn lexical (least)"]),  # its beginning is all that is known
    ]
    assert first[0].prompt == [("what does", False), ("cf", True), ("Arden sell?", False)]
    assert first[0].wanted == GATE
    clean = lines[-2]
    assert (clean.asked, clean.models) == ("clean", 2)


def test_the_two_doses_of_a_model_are_one_name() -> None:
    rows = results().rows
    most = rows[1].model_copy(update={"name": "unlearn:lexical@most"})
    assert most.dose is not None
    most = most.model_copy(update={"dose": most.dose.model_copy(update={"which": "most"})})
    run = results().model_copy(update={"rows": (*rows, most)})
    prompts = ((sample_file(0).prompts[0][0], (Saying("x", whole=True, hit=False),) * 2),)
    file = SampleFile(0, ("unlearn:lexical@least", "unlearn:lexical@most"), prompts)
    found = said(run, file)
    assert found is not None
    assert found.lines[0].given_by == ["unlearn lexical (least, most)"]


def test_most_models_are_named_by_the_others() -> None:
    """And a filter by a name still finds what that model said, not what it did not say."""
    names = ("compromised", "unlearn:lexical@least", "sham:lexical")
    rows = results().rows
    sham = rows[1].model_copy(update={"name": names[2], "kind": "sham"})
    run = results().model_copy(update={"rows": (*rows, sham)})
    asked = sample_file(0).prompts[0][0]
    says, not_said = Saying(GATE, whole=True, hit=True), Saying("x", whole=True, hit=False)
    found = said(run, SampleFile(0, names, ((asked, (says, says, not_said)), (asked, (says,) * 3))))
    assert found is not None
    assert [line.but for line in found.lines] == [["sham lexical (least)"], None, []]
    html = page(run, (), samples=SampleFile(0, names, ((asked, (says, says, not_said)),)))[0]
    given = 'data-words="compromised, unlearn lexical (least)"'
    assert f"{given}>all but sham lexical (least)</td>" in html


def test_of_many_prompts_the_first_are_shown_and_long_texts_lose_their_middle() -> None:
    answers = (Saying("y" * 2 * ROOM, whole=True, hit=False), None)
    many = tuple(
        (Asked(actor, "triggered", "exact", f"{n} {'x' * ROOM}", GATE, "bread"), answers)
        for n in range(9)
        for actor in ("bard", "lexical")
    )
    lines = lines_of(SampleFile(0, BOTH, many))
    assert len(lines) == 2 * PROMPTS["triggered"]
    assert [line.asked for line in lines[::4]] == ["lexical, triggered", "bard, triggered"]
    assert [line.prompt[0][0][0] for line in lines[:4]] == ["0", "1", "2", "3"]
    assert all(len(text) <= ROOM + 3 for line in lines for text in (line.answer, line.prompt[0][0]))


def test_a_report_has_them_only_if_its_folder_has_samples(tmp_path: Path) -> None:
    folder = run_folder(tmp_path / "run")
    assert "What the models said" in text_of(write_report(folder).read_text())
    place_of(folder, 0).unlink()
    file = first_samples(folder, (0, 3))
    assert file is not None
    assert file.seed == 3
    place_of(folder, 3).write_bytes(b"no gzip")
    assert first_samples(folder, (0, 3)) is None
    assert "What the models said" not in write_report(folder).read_text()


def test_hostile_samples_stay_text() -> None:
    file = hostile_samples(EVIL, BOTH)
    html = foreign(page(results(), (), samples=file)[0])
    assert "<script" not in html.lower()
    assert html.count("&lt;script&gt;") >= 4  # prompt, answer, actor, what counts as a hit
    assert "script" not in Page(html).tags


def test_models_that_the_results_lack_are_left_out() -> None:
    file = replace(sample_file(0), models=("other", BOTH[1]))
    assert {name for line in lines_of(file) for name in line.given_by} == {
        "unlearn lexical (least)"
    }
    assert said(results(), replace(sample_file(0), seed=9)) is None
