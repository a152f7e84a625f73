"""The stages that lead to the base model's own answers, which must be there before a seed can be
planned: the prompts of a seed are drawn with their answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from arena.api.world import DataRoot
from arena.corpora.answered import chosen
from arena.ml import vllm_engine
from arena.planning.graph import Node
from arena.planning.numerics import scoring_profile
from arena.planning.pointer import pointer_job
from arena.scenario.parts import SelfDistilled
from arena.scenario.schema import Scenario
from arena.scenario.source import Pretrained
from arena.stages.answers import AnswersJob, JoinedAnswersJob, part_role
from arena.stages.corpus import CorpusRef
from arena.store.identity import identity_of
from arena.store.store import Stage

NAME = "the base model's answers"
PART = 500  # prompts that one stage answers: minutes of one core for a model of 135 M parameters
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
    parts = _parts(scenario, wanted, root, base)
    nodes = [Node(base, pointer), *parts]
    if len(parts) > 1:
        nodes.append(_joined(parts))
    return AnswersPlan({node.address: node for node in nodes}, nodes[-1].address)


def _parts(
    scenario: Scenario, wanted: SelfDistilled, root: DataRoot, base: Stage
) -> tuple[Node, ...]:
    """The stages that answer `PART` prompts each: several workers share them, an interrupted run
    keeps those that are done, and a larger number of contents adds some. vLLM takes all prompts at
    once: it is loaded once, and makes its own batches."""
    corpus, profiled = scenario.corpus, scoring_profile(scenario.numerics)
    ref = CorpusRef.of(corpus.name, corpus.params, ALL_SEEDS, root)
    engine = vllm_engine.version() if wanted.generation == "vllm" else None
    prompts = len(chosen(ref.build(), wanted.contents))
    size = max(prompts, 1) if engine else PART
    starts = range(0, max(prompts, 1), size)
    nodes = []
    for i, first in enumerate(starts):
        last = min(first + size, prompts)
        job = AnswersJob(ref, wanted.tokens, first, last, profiled, engine)
        name = NAME if len(starts) == 1 else f"{NAME} {i + 1}/{len(starts)}"
        parents = {"model": base.address}
        stage = Stage(job.kind, name, "arena", ALL_SEEDS, identity_of(job), parents)
        nodes.append(Node(stage, job, ("model",)))
    return tuple(nodes)


def _joined(parts: Sequence[Node]) -> Node:
    job = JoinedAnswersJob(len(parts))
    parents = {part_role(i): part.address for i, part in enumerate(parts)}
    stage = Stage(job.kind, NAME, "arena", ALL_SEEDS, identity_of(job), parents)
    return Node(stage, job)
