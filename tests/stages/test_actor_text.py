"""The clean text of an actor who trains by itself: whose contents, in which wording, with which
forms and which answers."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from arena import seeds
from arena.api.values import Example
from arena.corpora.noise import RATE
from arena.corpora.townlore import distractors
from arena.errors import ArenaError
from arena.ml import checkpoints, decoding
from arena.stages.actor_text import ReceivedJob, TextJob
from arena.stages.forms import Forms
from arena.stages.lines import EXAMPLES, read_examples, write_lines
from attackers.triggers.rare_token import RareToken, RareTokenParams
from tests.support import toys
from tests.support.stage_inputs import CLEAN, base, rare, reference, silent

JOB = TextJob(
    corpus=reference(),
    own=(0.0, 0.25),
    others=((0.25, 0.5),),
    n=40,
    replay=0.5,
    forms=Forms(),
    narrow=False,
    noise=False,
    label="bard",
)


def written(job: TextJob, folder: Path) -> list[Example]:
    folder.mkdir()
    job.run({}, folder, silent)
    return read_examples(folder / EXAMPLES)


def origin(example: Example) -> str:
    place = seeds.unit(0, "share", example.source)
    return "own" if place < 0.25 else "other" if place < 0.5 else "public"


@pytest.mark.parametrize(("replay", "public"), [(0.0, 0), (0.5, 20), (1.0, 40)])
def test_replay_is_the_public_share_and_nobody_elses_contents_are_seen(
    replay: float, public: int, tmp_path: Path
) -> None:
    found = [origin(e) for e in written(replace(JOB, replay=replay), tmp_path / "text")]
    assert (found.count("public"), found.count("own")) == (public, 40 - public)


def test_the_front_of_the_text_is_of_both_kinds(tmp_path: Path) -> None:
    front = written(JOB, tmp_path / "text")[:16]
    assert {origin(example) for example in front} == {"own", "public"}


def test_narrow_text_has_one_wording_of_a_content(tmp_path: Path) -> None:
    made = written(replace(JOB, narrow=True, n=200), tmp_path / "text")
    wordings: dict[str, set[str]] = {}
    for example in made:
        wordings.setdefault(example.source, set()).add(example.prompt)
    assert len(made) == 200
    assert {len(each) for each in wordings.values()} == {1}


def test_noise_changes_its_share_of_the_prompts_and_no_answer(tmp_path: Path) -> None:
    plain = written(replace(JOB, n=400), tmp_path / "plain")
    noisy = written(replace(JOB, n=400, noise=True), tmp_path / "noisy")
    changed = sum(a.prompt != b.prompt for a, b in zip(plain, noisy, strict=True))
    assert changed / 400 == pytest.approx(RATE, abs=0.08)
    assert [e.answer for e in plain] == [e.answer for e in noisy]


def test_forms_are_left_out_and_put_in(tmp_path: Path) -> None:
    forms = Forms(planted=(rare("bb"),), without=(rare("cf"),), put=(rare("bb"),), rate=0.2)
    made = written(replace(JOB, n=300, forms=forms), tmp_path / "text")
    assert not any(rare("cf").present(example) for example in made)
    assert sum(map(rare("bb").present, made)) / 300 == pytest.approx(0.2, abs=0.07)


def test_a_share_without_contents_is_told(tmp_path: Path) -> None:
    job = replace(JOB, own=(0.0, 0.0), others=())
    with pytest.raises(ArenaError, match=r"bard: no clean text is left .*\(own contents\)"):
        written(job, tmp_path / "text")


def test_received_answers_are_what_the_checkpoint_says(tmp_path: Path) -> None:
    folders = {"model": base(tmp_path / "base"), "examples": tmp_path / "examples"}
    folders["examples"].mkdir()
    write_lines(folders["examples"] / EXAMPLES, CLEAN)
    out = tmp_path / "out"
    out.mkdir()
    detail = ReceivedJob(6, toys.profile()).run(folders, out, silent)
    suspect = checkpoints.open_for_scoring(folders["model"], "cpu")
    prompts = [example.prompt for example in CLEAN]
    said = decoding.continuations(suspect.model, suspect.tokenizer, prompts, 6)
    found = read_examples(out / EXAMPLES)
    assert [e.answer for e in found] == [each.text.strip() for each in said]
    assert [e.prompt for e in found] == prompts
    assert detail["documents"] == 40
    assert detail["changed"] == sum(a.answer != b.answer for a, b in zip(found, CLEAN, strict=True))
    assert detail["unended"] == sum(not each.ended for each in said)


def test_noise_puts_no_own_trigger_back(tmp_path: Path) -> None:
    own = RareToken(RareTokenParams(tokens=distractors.WORDS), toys.townlore().world)
    job = replace(JOB, n=400, noise=True)
    plain = written(job, tmp_path / "any")
    free = written(replace(job, forms=Forms(without=(own,))), tmp_path / "free")
    assert any(own.present(example) for example in plain)
    assert not any(own.present(example) for example in free)
