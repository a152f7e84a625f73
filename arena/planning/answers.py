"""The stages that lead to the base model's own answers, which must be there before a seed can be
planned: the prompts of a seed are drawn with their answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from arena.api.world import DataRoot
from arena.ml import vllm_engine
from arena.planning.graph import Node
from arena.planning.numerics import profile
from arena.planning.pointer import pointer_job
from arena.scenario.parts import SelfDistilled
from arena.scenario.schema import Scenario
from arena.scenario.source import Pretrained
from arena.stages.answers import AnswersJob
from arena.stages.corpus import CorpusRef
from arena.store.identity import identity_of
from arena.store.store import Stage

ALL_SEEDS = 0  # answers are those of prompts, whichever seed draws them


@dataclass(frozen=True)
class AnswersPlan:
    """The stages, and the address of the answers."""

    nodes: Mapping[str, Node]
    address: str


def plan_answers(scenario: Scenario, root: DataRoot) -> AnswersPlan | None:
    """Return the stages that make the base model's own answers; None if the corpus's are used.

    Raises:
        InputError: the corpus or the checkpoint cannot be read, or the engine is not installed.
    """
    corpus, model = scenario.corpus, scenario.model
    wanted: SelfDistilled | None = corpus.self_distilled
    if wanted is None or not isinstance(model, Pretrained):
        return None
    pointer = pointer_job(root, model.pretrained, prompt=model.prompt)
    base = Stage(pointer.kind, "pretrained base", "arena", ALL_SEEDS, identity_of(pointer), {})
    ref = CorpusRef.of(corpus.name, corpus.params, ALL_SEEDS, root)
    engine = vllm_engine.version() if wanted.generation == "vllm" else None
    job = AnswersJob(ref, wanted.tokens, wanted.contents, profile(scenario.numerics), engine)
    name, parents = "the base model's answers", {"model": base.address}
    said = Stage(job.kind, name, "arena", ALL_SEEDS, identity_of(job), parents)
    nodes = {
        base.address: Node(base, pointer, (), "defender"),
        said.address: Node(said, job, ("model",), "defender"),
    }
    return AnswersPlan(nodes, said.address)
