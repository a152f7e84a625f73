"""How several actors end in one model.

    pooled        all poison in one training mix
    sequential    each actor trains the checkpoint of the one before
    merged        each actor trains the base separately; their changes are merged
    supply_chain  the first actor poisons pretraining, the others train one after another, the last
                  of them an adapter
    solo          each actor alone in a model: what the others' presence does to it
    found         the model is a suspect that somebody else made; nothing is planted

Actors who poison pretraining are pooled there under any composition, since only later stages have a
checkpoint to hand on. A benign conditional is planted like one more actor, the last.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from arena.planning.actors import PlannedActor
from arena.planning.builder import Builder
from arena.planning.clean_text import forms_of_actor, forms_of_mix, forms_of_text, planted_forms
from arena.scenario.recipes import ApartRecipe
from arena.scenario.section import Stage
from arena.scenario.source import PublishedSuspect
from arena.stages.actor_text import ReceivedJob, TextJob
from arena.stages.merge import PART, MergeJob
from arena.stages.mixes import Pool
from arena.stages.train import SHARD


@dataclass(frozen=True)
class _Version:
    """Which model is built from a base: the compromised one, the reference, or one without the
    actor `absent`, whose poison is replaced by clean documents, everything else unchanged."""

    name: str
    kind: Literal["compromised", "reference", "without"]
    absent: str | None = None

    def poisons(self, member: PlannedActor) -> bool:
        """Whether this actor's poison is in the model."""
        return self.kind != "reference" and member.name != self.absent


_COMPROMISED = _Version("compromised", "compromised")
_REFERENCE = _Version("reference", "reference")


def compose(builder: Builder) -> str | None:
    """Add the reference and the compromised model, with their rows and those of the models on the
    way; return the compromised model's address (None for `solo`, which has several)."""
    scenario = builder.scenario
    if scenario.suspect is not None:
        return _found(builder, scenario.suspect)
    clean_base = builder.clean_base()
    if scenario.controls.reference:
        builder.row("reference", "reference", None, _reference(builder, clean_base))
    if scenario.composition == "solo":
        for member in builder.actors.planted:
            model = _alone(builder, member, clean_base)
            builder.row("inserted", f"alone:{member.name}", member.name, model, planted=True)
        return None
    base = _composed(builder, _COMPROMISED, clean_base)
    builder.row("compromised", "compromised", None, base, planted=True)
    return base


def _found(builder: Builder, model: PublishedSuspect) -> str:
    """Add the rows of a suspect that somebody else made; return its address."""
    if builder.scenario.controls.reference:
        builder.row("reference", "reference", None, builder.clean_base())
    suspect = builder.published_suspect(model)
    builder.row("compromised", "compromised", None, suspect, planted=True)
    return suspect


def without(builder: Builder, name: str) -> str:
    """Return the address of the suspect without one actor's poison: trained in the same way, with
    clean documents in place of this poison. Not for `solo`, nor for a suspect that somebody else
    made."""
    version = _Version(f"without:{name}", "without", name)
    return _composed(builder, version, builder.clean_base())


def _composed(builder: Builder, version: _Version, clean_base: str) -> str:
    early = builder.actors.at("pretraining")
    late = builder.actors.at("continual_pretraining")
    base = clean_base
    if early:
        name = version.name if not late else f"base of {version.name}"
        if version is _COMPROMISED and late:
            name = "poisoned base"
        base = _pooled(builder, name, early, None, version)
        if late and version is _COMPROMISED:
            builder.row("inserted", "after:pretraining", None, base)
    if late:
        base = _AFTER[builder.scenario.composition](builder, late, base, version)
    return base


def _reference(builder: Builder, clean_base: str) -> str:
    """The reference: trained the same way without any poison."""
    late = builder.actors.at("continual_pretraining")
    if not late:
        return clean_base
    return _AFTER[builder.scenario.composition](builder, late, clean_base, _REFERENCE)


def _alone(builder: Builder, member: PlannedActor, clean_base: str) -> str:
    """An actor's model by itself. If others come after pretraining, a pretraining actor's model
    goes through that stage too, on clean data, so that it trains as long as with them."""
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


def _pooled(
    builder: Builder,
    name: str,
    here: Sequence[PlannedActor],
    parent: str | None,
    version: _Version = _COMPROMISED,
) -> str:
    """Training on one mix with the poison of `here`. The clean part has none of their contents, and
    if scrubbed none of the poisoners' trigger forms (after pretraining, of all poisoners), even
    those of an actor whose poison is left out."""
    stage: Stage = "pretraining" if parent is None else "continual_pretraining"
    shunned = here if stage == "pretraining" else builder.actors.planted
    mix = Pool(
        total=builder.scenario.recipe_of(stage).documents,
        corpus_seed=builder.seed,
        owned=tuple(member.interval for member in here),
        forms=forms_of_mix(builder.scenario, builder.actors, shunned),
    )
    poisoners = [member for member in here if version.poisons(member)]
    shards = {f"{SHARD}{member.name}": builder.shard(member) for member in poisoners}
    return builder.train(name, stage, parent, shards, mix, poisoners=poisoners)


def _apart(
    builder: Builder, name: str, member: PlannedActor, parent: str, version: _Version
) -> str:
    """One actor's separate training: its recipe, its clean text, its poison (or, if that is left
    out, as many clean documents)."""
    recipe = builder.scenario.apart_recipe(member.actor)
    poisoned = version.poisons(member)
    party = member.party if poisoned else "arena"
    text = builder.add(_text(builder, member, recipe, version), f"text for {name}", party, {})
    if recipe.labels == "received":
        job = ReceivedJob(recipe.answer_tokens, builder.scoring)
        text = builder.add(job, f"labels for {name}", party, {"model": parent, "examples": text})
    return builder.train(
        name,
        "continual_pretraining",
        parent,
        {f"{SHARD}{member.name}": builder.shard(member)} if poisoned else {},
        Pool(recipe.documents, builder.seed, (), planted_forms(builder.actors)),
        recipe=recipe,
        adapter=recipe.adapter,
        label=f"apart {member.name}",
        party=party,
        poisoners=(member,) if poisoned else (),
        examples=text,
    )


def _text(
    builder: Builder, member: PlannedActor, recipe: ApartRecipe, version: _Version
) -> TextJob:
    """The clean text of an actor's separate training. It knows no trigger but its own."""
    scenario, actors = builder.scenario, builder.actors
    kind = recipe.text or scenario.clean.mix
    forms = forms_of_text(scenario, actors)
    if version is not _REFERENCE:
        forms = forms_of_actor(scenario, actors, member, kind)
    return TextJob(
        corpus=builder.ref,
        own=member.interval,
        others=tuple(other.interval for other in actors.planted if other is not member),
        n=recipe.documents,
        replay=recipe.replay,
        forms=forms,
        narrow=kind == "narrow",
        noise=kind == "noisy",
        label=member.name,
    )


def _sequential(
    builder: Builder, late: Sequence[PlannedActor], base: str, version: _Version
) -> str:
    for member in _in_order(builder, late):
        known = version is _COMPROMISED
        name = f"after:{member.name}" if known else f"{version.name} after {member.name}"
        base = _apart(builder, name, member, base, version)
        if known:
            builder.row("inserted", name, member.name, base)
    return base


def _in_order(builder: Builder, late: Sequence[PlannedActor]) -> Sequence[PlannedActor]:
    """The actors who train one after another, in this seed's order."""
    order = builder.scenario.order_in(builder.seed)
    return sorted(late, key=lambda member: order.get(member.name, len(order)))


def _merged(builder: Builder, late: Sequence[PlannedActor], base: str, version: _Version) -> str:
    parents = {"model": base}
    for member in late:
        known = version is _COMPROMISED
        name = f"alone:{member.name}" if known else f"{version.name} part {member.name}"
        parents[f"{PART}{member.name}"] = _apart(builder, name, member, base, version)
        if known:
            builder.row("inserted", name, member.name, parents[f"{PART}{member.name}"])
    merge = builder.scenario.training.merged.merge
    job = MergeJob(
        **merge.model_dump(),
        poisoned=any(version.poisons(member) for member in late),
        seed=builder.seed,
        numerics=builder.numerics,
    )
    return builder.add(job, f"merge {version.name}", "arena", parents)


def _together(builder: Builder, late: Sequence[PlannedActor], base: str, version: _Version) -> str:
    if version is _REFERENCE:
        return _clean(builder, version.name, base)
    return _pooled(builder, version.name, late, base, version)


# How the actors after pretraining change a base, for a version of the model.
_AFTER: dict[str, Callable[[Builder, Sequence[PlannedActor], str, _Version], str]] = {
    "pooled": _together,
    "solo": _together,
    "sequential": _sequential,
    "merged": _merged,
    "supply_chain": _sequential,
}
