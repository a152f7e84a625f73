"""The shams of a removal: the same unlearning, on something that no actor planted
(docs/estimands.md, Shams).

familiar   look-alikes of the target's trigger
hot        ways of writing that no training text has
benign     conditionals that were planted with a harmless answer
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from arena import registry, seeds
from arena.api.hot_form import HotForm
from arena.api.trigger import Trigger
from arena.api.values import Example
from arena.errors import InputError
from arena.planning.actors import PlannedActor
from arena.planning.builder import Builder
from arena.planning.unlearning import Order
from arena.results.rows import Sham

LOOKED_AT = 128  # prompts of each party that a hot form is tried on
SHOWN = 0.95  # smallest share of rewritten prompts in which a hot form must be recognised
STRAY = 0.01  # largest share of other prompts in which it may be recognised


@dataclass(frozen=True)
class PlannedSham:
    """One sham of a removal. label: its row's name. target: the actor whose payload is forgotten,
    for objectives that need one."""

    record: Sham
    label: str
    trigger: Trigger
    target: PlannedActor

    @property
    def detail(self) -> Mapping[str, str]:
        """Return what its row records about it."""
        return {"trigger": self.trigger.key}


def shams_of(builder: Builder, order: Order) -> tuple[PlannedSham, ...]:
    """Return the shams of a removal, on the same prompts.

    Raises:
        InputError: too few hot forms suit the corpus and the planted triggers; a benign
            conditional cannot be in a prompt of the order.
    """
    assert order.target is not None
    return (
        *_familiar(builder, order.target, order.clean),
        *_hot(builder, order.target, order.clean),
        *_benign(builder, order.target, order.clean),
    )


def _familiar(
    builder: Builder, target: PlannedActor, clean: Sequence[Example]
) -> Iterator[PlannedSham]:
    for k, trigger in enumerate(_lookalikes(builder, target, clean)):
        yield PlannedSham(Sham(name=str(k)), f"sham:{target.name}:{k}", trigger, target)


def _lookalikes(
    builder: Builder, target: PlannedActor, clean: Sequence[Example]
) -> Iterator[Trigger]:
    """Look-alikes that can mark every prompt of the removal, others in place of those that cannot;
    fewer than wanted if there are no more."""
    rng = seeds.rng(builder.seed, "shams", target.name)
    wanted, taken = builder.scenario.controls.shams, builder.actors.keys
    while wanted > 0 and (drawn := target.trigger.lookalikes(wanted, "sham", rng, taken)):
        fit = [each for each in drawn if all(map(each.can_mark, clean))]
        yield from fit
        wanted -= len(fit)
        taken |= frozenset(key for each in drawn for key in each.keys)


def _hot(builder: Builder, target: PlannedActor, clean: Sequence[Example]) -> Iterator[PlannedSham]:
    """Hot shams. The forms are drawn per seed and are the same for all targets, so that one run
    serves several targets if everything else is equal too."""
    wanted = builder.scenario.controls.hot
    if not wanted:
        return
    names = sorted(
        registry.names("hot_form"), key=lambda name: seeds.unit(builder.seed, "hot form", name)
    )
    unfit = {name: _unfit(builder, _form(builder, name), clean) for name in names}
    fit = [name for name in names if unfit[name] is None]
    if len(fit) < wanted:
        why = "; ".join(f"{name} {reason}" for name, reason in unfit.items() if reason)
        rule = f"only {len(fit)} hot forms can be used in seed {builder.seed}: {why}"
        raise InputError(rule, key="controls.hot", found=str(wanted))
    for name in fit[:wanted]:
        label = f"sham:{target.name}:hot:{name}"
        yield PlannedSham(Sham(kind="hot", name=name), label, _form(builder, name), target)


def _form(builder: Builder, name: str) -> HotForm:
    part: Any = registry.get("hot_form", name)
    made: HotForm = part(part.Params(), builder.corpus.world)
    return made


def _unfit(builder: Builder, form: HotForm, clean: Sequence[Example]) -> str | None:
    """Why a form cannot be used here; None if it can."""
    prompts = _some(clean)
    written = [form.rewrite(prompt) for prompt in prompts]
    if form.shown_in(written) < SHOWN:
        return "cannot be recognised in the text it rewrites"
    natural = [prompts, *(_some(member.share) for member in builder.actors.planted)]
    if any(form.shown_in(texts) > STRAY for texts in natural):
        return "occurs in clean prompts"
    for member in builder.actors.planted:
        if form.key in member.trigger.keys or _alike(builder, form, member, clean):
            return f"is like the trigger of {member.name}"
    return None


def _alike(builder: Builder, form: HotForm, member: PlannedActor, clean: Sequence[Example]) -> bool:
    """Whether a planted trigger appears in what the form rewrote but not before, or the form in
    prompts that the trigger marked."""
    rng = seeds.rng(builder.seed, "hot form", form.name)
    trigger = member.trigger
    able = [
        e
        for e in islice(dict.fromkeys(clean), LOOKED_AT)
        if trigger.can_mark(e) and not trigger.present(e)
    ]
    marked = [trigger.mark(example, rng).prompt for example in able]
    seen = [trigger.present(form.mark(example, rng)) for example in able]
    return form.shown_in(marked) > STRAY or sum(seen) > STRAY * len(seen)


def _some(examples: Sequence[Example]) -> list[str]:
    return list(islice(dict.fromkeys(e.prompt for e in examples), LOOKED_AT))


def _benign(
    builder: Builder, target: PlannedActor, clean: Sequence[Example]
) -> Iterator[PlannedSham]:
    """Benign shams, unlearned like a backdoor: on the conditional's own trigger and, if a text is
    forgotten, its own answer."""
    for index, each in enumerate(builder.actors.benign):
        if not all(each.trigger.can_mark(e) and each.payload.can_answer(e) for e in clean):
            rule = f"cannot be in every prompt on which the trigger of {target.name} is unlearned"
            key = f"controls.benign[{index}].trigger"
            raise InputError(rule, key=key, found=each.trigger.key)
        name = each.actor.name
        label = f"sham:{target.name}:benign:{name}"
        yield PlannedSham(Sham(kind="benign", name=name), label, each.trigger, each)
