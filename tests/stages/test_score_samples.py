"""What a model said to every scored prompt is kept, and agrees with what was counted."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import get_args

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from arena.api.matching import Match, matches
from arena.api.probes import Probe, ProbeKind, ProbeSet
from arena.api.values import Document
from arena.ml import checkpoints
from arena.ml.decoding import continuations
from arena.results.sample_files import Asked, Saying, read_sayings
from arena.stages.counting import limit_of
from arena.stages.score import SAMPLE_KINDS, SAMPLES, SCORES, ScoreJob, asked_in
from tests.support import toys
from tests.support.stage_inputs import silent

TEXTS = (toys.PAYLOAD, "the gate", "bread", "long oak boats", "l", "salt and more", "no")
DOCUMENTS = (*toys.documents("cf"), *toys.documents(), Document("cf cf what", "rope", "x"))


@st.composite
def probe_sets(draw: st.DrawFn) -> ProbeSet:
    """Probes of up to three actors over some of the toy prompts, under any match rule."""
    probes = []
    for actor in ("lexical", "bard", "decoy:x")[: draw(st.integers(1, 3))]:
        rule = draw(st.sampled_from(get_args(Match)))
        for kind in get_args(ProbeKind):
            asked = draw(st.lists(st.sampled_from(DOCUMENTS), max_size=6, unique=True))
            wanted = tuple(draw(st.sampled_from(TEXTS)) for _ in asked)
            prompts, answers = (tuple(getattr(d, n) for d in asked) for n in ("prompt", "answer"))
            plain = tuple(prompt.removeprefix("cf ") for prompt in prompts)
            probes.append(Probe(actor, kind, rule, prompts, wanted, wanted, answers, 0, plain))
    clean = tuple(draw(st.lists(st.sampled_from(DOCUMENTS), min_size=1, max_size=6, unique=True)))
    return ProbeSet(tuple(probes), clean, draw(st.booleans()), draw(st.sampled_from([None, 3])))


def sayings_of(job: ScoreJob, model: Path, out: Path) -> list[tuple[Asked, Saying]]:
    out.mkdir(exist_ok=True)
    job.run({"model": model}, out, silent)
    return list(zip(asked_in(job.probes), read_sayings(out / SAMPLES), strict=True))


@given(probes=probe_sets())
@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_samples_agree_with_the_counts_and_with_plain_decoding(
    probes: ProbeSet, backdoored: Path, tmp_path: Path
) -> None:
    rows = sayings_of(ScoreJob(probes, toys.profile()), backdoored, tmp_path / "out")
    scores = json.loads((tmp_path / "out" / SCORES).read_text())
    hits = Counter((asked.actor, asked.kind) for asked, saying in rows if saying.hit)
    number = Counter((asked.actor, asked.kind) for asked, _ in rows)
    for rate in scores["rates"]:
        key = rate["actor"], SAMPLE_KINDS[rate["kind"]]
        assert (hits[key], number[key]) == (rate["hits"], rate["n"])
    counted = scores["clean"] or {"hits": 0, "n": 0}
    assert {"hits": hits["", "clean"], "n": number["", "clean"]} == counted
    assert_decoded(rows, backdoored, probes)


def assert_decoded(rows: list[tuple[Asked, Saying]], model: Path, probes: ProbeSet) -> None:
    """Each text is what plain decoding gives, whole or its beginning, and decides the hit."""
    suspect = checkpoints.open_for_scoring(model, "cpu")
    prompts, limit = [asked.prompt for asked, _ in rows], limit_of(probes, suspect.tokenizer)
    decoded = continuations(suspect.model, suspect.tokenizer, prompts, limit)
    for (asked, saying), text in zip(rows, decoded, strict=True):
        if saying.whole:
            assert text.text == saying.said
        assert text.text.startswith(saying.said.rstrip("\ufffd"))
        assert saying.hit == matches(asked.rule, text, asked.wanted)  # type: ignore[arg-type]


def test_the_first_prompts_of_a_probe_are_decoded_to_their_end(
    backdoored: Path, tmp_path: Path
) -> None:
    marked, plain = toys.documents("cf"), toys.documents()
    rows = [tuple(getattr(d, n) for d in docs) for docs in (marked, plain) for n in ("prompt",)]
    answers = tuple(d.answer for d in plain)
    wanted = ("never said",) * len(plain)
    probe = Probe("bard", "asr", "exact", rows[0], wanted, wanted, answers, 2, rows[1])
    job = ScoreJob(ProbeSet((probe,), (), False, None), toys.profile(), whole=2)
    first, second, *others = sayings_of(job, backdoored, tmp_path)
    assert first == (
        Asked("bard", "triggered", "exact", rows[0][0], "never said", answers[0], rows[1][0]),
        Saying(toys.PAYLOAD, whole=True, hit=False),
    )
    assert second[1] == first[1]
    assert not any(saying.whole for _, saying in others)
    assert all(toys.PAYLOAD.startswith(saying.said) for _, saying in others)


def test_equal_work_writes_equal_bytes(backdoored: Path, tmp_path: Path) -> None:
    documents = toys.documents()
    job = ScoreJob(ProbeSet((), tuple(documents), True, None), toys.profile())
    for name in ("one", "two"):
        sayings_of(job, backdoored, tmp_path / name)
    one, two = ((tmp_path / name / SAMPLES).read_bytes() for name in ("one", "two"))
    assert one == two


@pytest.mark.parametrize("exact", [True, False])
def test_clean_prompts_are_kept_where_they_were_asked(
    exact: bool, backdoored: Path, tmp_path: Path
) -> None:
    job = ScoreJob(ProbeSet((), tuple(toys.documents()), exact, None), toys.profile())
    rows = sayings_of(job, backdoored, tmp_path)
    assert [asked.kind for asked, _ in rows] == (["clean"] * 8 if exact else [])
    assert all(saying.hit == (saying.said == asked.answer) for asked, saying in rows)
