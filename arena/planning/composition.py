"""How several actors end in one model.

    pooled       all poison in one training mix
    sequential   each actor trains the checkpoint of the one before
    merged       each actor trains the base apart; their changes are merged
    solo         each actor alone in a model: what the others' presence does to it

Actors who poison pretraining are pooled there under any composition: only what comes
after has a checkpoint to hand on. A benign conditional is planted as one more actor, the last.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from arena.planning.actors import PlannedActor
from arena.planning.builder import Builder
from arena.planning.clean_text import forms_of_mix, forms_of_text
from arena.scenario.section import Stage
from arena.stages.merge import PART, MergeJob
from arena.stages.mixes import ApartMix, Pool
from arena.stages.train import SHARD


def compose(builder: Builder) -> str | None:
    """Add the reference and the compromised model, with their rows and those of the models
    on the way; returns the compromised model's address (None for `solo`: there are several)."""
    scenario = builder.scenario
    clean_base = builder.clean_base()
    if scenario.controls.reference:
        builder.row("reference", "reference", None, _reference(builder, clean_base))
    if scenario.composition == "solo":
        for member in builder.actors.planted:
            model = _alone(builder, member, clean_base)
            builder.row("inserted", f"alone:{member.name}", member.name, model, planted=True)
        return None
    early = builder.actors.at("pretraining")
    late = builder.actors.at("continual_pretraining")
    base = clean_base
    if early:
        base = _pooled(builder, "poisoned base" if late else "compromised", early, None)
        if late:
            builder.row("inserted", "after:pretraining", None, base)
    if late:
        base = _AFTER[scenario.composition](builder, late, base, True)
    builder.row("compromised", "compromised", None, base, planted=True)
    return base


def _reference(builder: Builder, clean_base: str) -> str:
    """Train the same way without any poison."""
    late = builder.actors.at("continual_pretraining")
    if not late:
        return clean_base
    return _AFTER[builder.scenario.composition](builder, late, clean_base, False)


def _alone(builder: Builder, member: PlannedActor, clean_base: str) -> str:
    """Where others come after pretraining, a pretraining actor's model goes through that stage
    too, on clean data: as long a training as in their company."""
    stage: Stage = "continual_pretraining"
    name = f"alone:{member.name}"
    if member.stage == stage:
        return _pooled(builder, name, (member,), clean_base)
    if not builder.actors.at(stage):
        return _pooled(builder, name, (member,), None)
    base = _pooled(builder, f"base of {name}", (member,), None)
    return _clean(builder, name, base)


def _clean(builder: Builder, name: str, base: str) -> str:
    """Continual pretraining without any poison."""
    stage: Stage = "continual_pretraining"
    return builder.train(name, stage, base, {}, builder.clean_mix(stage))


def _pooled(builder: Builder, name: str, here: Sequence[PlannedActor], parent: str | None) -> str:
    """One mix with the poison of `here`. It leaves out the poisoners' contents, and where it is
    scrubbed also (after pretraining, all) poisoners' own trigger forms."""
    stage: Stage = "pretraining" if parent is None else "continual_pretraining"
    shunned = here if stage == "pretraining" else builder.actors.planted
    mix = Pool(
        total=builder.scenario.recipe_of(stage).documents,
        corpus_seed=builder.seed,
        owned=tuple(member.interval for member in here),
        forms=forms_of_mix(builder.scenario, builder.actors, shunned),
    )
    shards = {f"{SHARD}{member.name}": builder.shard(member) for member in here}
    return builder.train(name, stage, parent, shards, mix, poisoners=here)


def _apart(builder: Builder, name: str, member: PlannedActor, parent: str, poisoned: bool) -> str:
    """One actor's own training: its recipe, its share, its poison (or, for the reference, as
    many clean documents)."""
    recipe = builder.scenario.apart_recipe(member.actor)
    actors, members = builder.actors, builder.actors.planted
    forms = forms_of_mix(builder.scenario, actors, members, own=member) if poisoned else None
    mix = ApartMix(
        total=recipe.documents,
        corpus_seed=builder.seed,
        own=member.interval,
        others=tuple(other.interval for other in members if other is not member),
        replay=recipe.replay,
        forms=forms or forms_of_text(builder.scenario, actors),
    )
    shards = {f"{SHARD}{member.name}": builder.shard(member)} if poisoned else {}
    return builder.train(
        name,
        "continual_pretraining",
        parent,
        shards,
        mix,
        recipe=recipe,
        adapter=recipe.adapter,
        label=f"apart {member.name}",
        party=member.party if poisoned else "arena",
        poisoners=(member,) if poisoned else (),
    )


def _sequential(builder: Builder, late: Sequence[PlannedActor], base: str, poisoned: bool) -> str:
    for member in late:
        name = f"after:{member.name}" if poisoned else f"reference after {member.name}"
        base = _apart(builder, name, member, base, poisoned)
        if poisoned:
            builder.row("inserted", name, member.name, base)
    return base


def _merged(builder: Builder, late: Sequence[PlannedActor], base: str, poisoned: bool) -> str:
    parents = {"model": base}
    for member in late:
        name = f"alone:{member.name}" if poisoned else f"reference part {member.name}"
        parents[f"{PART}{member.name}"] = _apart(builder, name, member, base, poisoned)
        if poisoned:
            builder.row("inserted", name, member.name, parents[f"{PART}{member.name}"])
    merge = builder.scenario.training.merged.merge
    job = MergeJob(
        **merge.model_dump(), poisoned=poisoned, seed=builder.seed, numerics=builder.numerics
    )
    name = "compromised" if poisoned else "reference"
    return builder.add(job, f"merge {name}", "arena", parents)


def _together(builder: Builder, late: Sequence[PlannedActor], base: str, poisoned: bool) -> str:
    if poisoned:
        return _pooled(builder, "compromised", late, base)
    return _clean(builder, "reference", base)


# What those who come after pretraining do to a base, or the same training without their poison.
_AFTER: dict[str, Callable[[Builder, Sequence[PlannedActor], str, bool], str]] = {
    "pooled": _together,
    "solo": _together,
    "sequential": _sequential,
    "merged": _merged,
}
