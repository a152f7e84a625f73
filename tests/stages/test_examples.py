"""The clean mix's examples."""

from __future__ import annotations

from pathlib import Path

from arena.stages.examples import ExamplesJob
from arena.stages.lines import EXAMPLES, read_examples
from tests.support.stage_inputs import reference, silent


def test_the_clean_mix_is_seeded_and_over_training_contents(tmp_path: Path) -> None:
    made = []
    for name, seed in (("a", 0), ("b", 0), ("c", 1)):
        (tmp_path / name).mkdir()
        detail = ExamplesJob(reference(seed), 50, True).run({}, tmp_path / name, silent)
        assert detail == {"documents": 50}
        made.append(read_examples(tmp_path / name / EXAMPLES))
    assert made[0] == made[1] != made[2]
    assert {e.source for e in made[0]} <= {e.source for e in reference().build().splits.train}
