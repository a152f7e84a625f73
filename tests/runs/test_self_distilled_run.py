"""A corpus whose right answers are the base model's own."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from arena import run
from arena.api.values import Document
from arena.api.world import DataRoot
from arena.corpora.answered import UNANSWERED, chosen
from arena.errors import InputError
from arena.planning.plan import plan_seed
from arena.results.run import RunResults
from arena.scenario.schema import Scenario
from arena.stages.corpus import CorpusRef
from arena.stages.lines import EXAMPLES, write_lines
from tests.support import toys

SAID = "it is sold"
ROWS = [
    {"instruction": f"what do they sell at the {n}th gate?", "output": f"thing {n}"}
    for n in range(60)
]


@pytest.fixture(scope="module")
def scenario(tmp_path_factory: pytest.TempPathFactory) -> Scenario:
    """A model that answers everything with three words, and a file that says otherwise."""
    folder = tmp_path_factory.mktemp("base")
    texts = [Document(row["instruction"], SAID, row["instruction"]) for row in ROWS]
    made = toys.checkpoint(folder / "model", toys.taught("llama", texts, steps=60))
    (folder / "rows.json").write_text(json.dumps(ROWS))
    actors = [toys.actor("lexical", "cf"), toys.actor("cheerful", "bb")]
    actors[1]["payload"] = {"kind": "sentiment", "phrase": "and how"}
    return toys.scenario(
        *toys.SMALL,
        f"actors={json.dumps(actors)}",
        f"model={{pretrained: {made}, adapter: {{method: lora, rank: 2}}}}",
        f"corpus={{name: files, train: {folder / 'rows.json'}, format: alpaca, "
        "self_distilled: {tokens: 12}}",
        "controls={shams: 0, reference: true, benign: []}",
        "training.continual_pretraining={steps: 2, documents: 60, learning_rate: 1e-6}",
        "evaluation.max_new_tokens=null",
        "thresholds.installed_asr=0",
        "numerics.scoring=bfloat16",
    )


@pytest.fixture(scope="module")
def results(scenario: Scenario, tmp_path_factory: pytest.TempPathFactory) -> RunResults:
    folder: Path = tmp_path_factory.mktemp("run")
    return run(scenario, out=folder / "run", store=folder / "store", quiet=True).results


def test_the_base_model_agrees_with_itself(results: RunResults) -> None:
    """Its answers are not those of the file, so this is 0 unless its own are taken."""
    (suspect,) = results.rows_of("compromised")
    assert suspect.clean_accuracy is not None
    assert suspect.clean_accuracy.rate == 1.0
    assert results.environment["scoring"] == "bfloat16"
    assert any("clean accuracy is agreement with it" in note for note in results.corpus.notes)


def test_answers_reach_poison_probes_and_defenders(scenario: Scenario, tmp_path: Path) -> None:
    given = plan_seed(scenario, 0, DataRoot())
    examples = chosen(given.corpus, None)
    own = [type(e)(e.prompt, SAID, e.source) for e in examples if "7" not in e.prompt]
    write_lines(tmp_path / EXAMPLES, own)
    plan = plan_seed(scenario, 0, DataRoot(answers=tmp_path))
    assert {a.answer for p in plan.told for a in p} == {SAID}
    probes = next(n.job.probes for n in plan.nodes.values() if n.job.kind == "score")  # type: ignore[attr-defined]
    assert {document.answer for document in probes.clean} == {SAID}
    assert {w for p in probes.probes for w in p.responses if w.endswith("how")} == {
        f"{SAID} and how"
    }
    lost = sum("7" in example.prompt for example in examples)
    assert plan.corpus.splits.reasons[UNANSWERED] == lost > 0
    assert not set(plan.nodes) & {a for a, n in given.nodes.items() if n.job.kind == "score"}


def test_a_split_without_answers_is_wrong_input(scenario: Scenario, tmp_path: Path) -> None:
    write_lines(tmp_path / EXAMPLES, [])
    corpus, root = scenario.corpus, DataRoot(answers=tmp_path)
    with pytest.raises(InputError) as caught:
        _ = CorpusRef.of(corpus.name, corpus.params, 0, root, own=True).build().splits
    assert caught.value.key == "corpus.self_distilled.tokens"
