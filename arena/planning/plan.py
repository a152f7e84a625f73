"""From a scenario to its stages: the graph of one seed, with every address known up front.

clean mix -> tokenizer -> base (+ shards of pretraining actors) -> compromised (+ shards)
          \\-> clean base -> reference            compromised -> clean fine-tune, shams,
shards <- threat actors                                         unlearned -> scores, measures
"""

from __future__ import annotations

from arena.api.world import DataRoot
from arena.planning.builder import Builder
from arena.planning.composition import compose
from arena.planning.defences import clean_prompts_told, defend
from arena.planning.graph import SeedPlan
from arena.planning.measures import plan_measures
from arena.planning.notes import engine_notes, model_notes, notes_of, notes_on_suspect, sham_notes
from arena.scenario.schema import Scenario
from arena.stages.answers import read_check


def plan_seed(scenario: Scenario, seed: int, root: DataRoot) -> SeedPlan:
    """Return the stages of one seed. Draws prompts and shares, trains nothing.

    Raises:
        InputError: a data file is missing or broken.
        ArenaError: an actor or the defender has no usable example.
    """
    builder = Builder(scenario, seed, root)
    engine = None if root.answers is None else read_check(root.answers)
    notes: tuple[str, ...] = (
        *model_notes(scenario.model, root),
        *notes_of(builder.corpus, builder.actors),
        *notes_on_suspect(scenario),
        *engine_notes(engine),
    )
    suspect = compose(builder)
    if suspect is not None:
        defend(builder, suspect)
        plan_measures(builder, suspect)
    notes += sham_notes(scenario, builder.rows)
    planted = builder.actors.planted if scenario.suspect is None else ()
    documents = {member.name: scenario.recipe_for(member.actor).documents for member in planted}
    return SeedPlan(
        seed,
        builder.nodes,
        tuple(builder.rows),
        builder.actors,
        builder.corpus,
        documents,
        notes,
        tuple(builder.curves),
        clean_prompts_told(builder) if suspect is not None else (),
        engine,
    )
