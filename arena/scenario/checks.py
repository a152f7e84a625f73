"""Rules between sections of a scenario. Each yields its violations."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, get_args

from arena import registry
from arena.api.corpus import Corpus
from arena.api.tactic import APART, Scene, Setting, Shaping, Texts
from arena.errors import InputError
from arena.scenario import (
    crossed_checks,
    defence_checks,
    discovering,
    search_checks,
    suspect_checks,
)
from arena.scenario.actor import NO_POISON
from arena.scenario.keys import KeyPath
from arena.scenario.needs import SHARED
from arena.scenario.problems import Violation
from arena.scenario.section import FOUND, Composition
from arena.scenario.source import Pretrained

if TYPE_CHECKING:
    from arena.scenario.actor import Actor
    from arena.scenario.sections import Sections

SLACK = 1e-9  # for sums of decimal fractions: ten times 0.1 must count as 1


def problems(scenario: Sections) -> list[Violation]:
    """Return every violation of a rule between sections, in the order of the rules."""
    planted = (
        _poisoned,
        _stages,
        _composition,
        _benign,
        _tactics,
        _processes,
        _poison,
        _shares,
        *crossed_checks.RULES,
        *search_checks.RULES,
    )
    rules = (
        _seeds,
        _names,
        _hot,
        _natural_rate,
        _self_distilled,
        _parts_fit,
        _dose,
        _scoring,
        *(planted if scenario.suspect is None else suspect_checks.RULES),
        *defence_checks.RULES,
        discovering.problems,
    )
    return [problem for rule in rules for problem in rule(scenario)]


def _dose(scenario: Sections) -> Iterator[Violation]:
    """A norm-matched sham takes more steps than its removal, so it has no common dose with it."""
    if scenario.dose is not None and scenario.controls.sham_matched:
        rule = "shams are measured at the dose of their removal where there is a `dose` section"
        yield Violation(("controls", "sham_matched"), rule, "true", ("false", "dose: null"))


def _scoring(scenario: Sections) -> Iterator[Violation]:
    """A removal that is scored along its way answers from a rounded copy of the model, which no
    process has whole if several share the model."""
    if scenario.numerics.scoring == "bfloat16" and scenario.runtime.processes("unlearn") > 1:
        rule = "must be float32 where processes share a model (runtime.resources)"
        yield Violation(("numerics", "scoring"), rule, "bfloat16", ("float32",))


def _seeds(scenario: Sections) -> Iterator[Violation]:
    seen: set[int] = set()
    for index, seed in enumerate(scenario.seeds):
        if seed in seen:
            yield Violation(("seeds", index), "this seed is already in the list", str(seed))
        seen.add(seed)


def _poisoned(scenario: Sections) -> Iterator[Violation]:
    """Whoever plants a backdoor here says how much it poisons."""
    for index, actor in enumerate(scenario.actors):
        if actor.poison == NO_POISON:
            yield Violation(("actors", index, "poison"), "is missing")


def _stages(scenario: Sections) -> Iterator[Violation]:
    """A checkpoint was pretrained elsewhere, out of reach of any actor's poison."""
    chain = scenario.composition == "supply_chain"
    for place, actor in _planted(scenario) if chain else ():
        if actor.stage is not None:
            rule = "follows from an actor's place in the supply chain"
            yield Violation((*place, "stage"), rule, actor.stage, ("leave it out",))
    if not isinstance(scenario.model, Pretrained):
        return
    if chain:
        rule = "its first actor poisons pretraining, but this model is already pretrained"
        yield Violation(("composition",), rule, "supply_chain", ("sequential", "pooled"))
    rule = "a pretrained model can only be poisoned after its pretraining"
    allowed = ("continual_pretraining",)
    if scenario.stage == "pretraining":
        yield Violation(("stage",), rule, "pretraining", allowed)
    for place, actor in _planted(scenario):
        if actor.stage == "pretraining":
            yield Violation((*place, "stage"), rule, "pretraining", allowed)


def _planted(scenario: Sections) -> Iterator[tuple[KeyPath, Actor]]:
    """Everyone who plants something, with their places in the file: actors and benign
    conditionals."""
    benign = len(scenario.planted) - len(scenario.actors)
    places: list[KeyPath] = [("actors", index) for index in range(len(scenario.actors))]
    places += [("controls", "benign", index) for index in range(benign)]
    yield from zip(places, scenario.planted, strict=True)


def _natural_rate(scenario: Sections) -> Iterator[Violation]:
    """No prompt carries two forms."""
    rate, forms = scenario.corpus.natural_rate, len(scenario.planted)
    if rate is not None and rate * forms > 1 + SLACK:
        rule = f"is too high for {forms} planted forms, of which a prompt carries one at most"
        yield Violation(("corpus", "natural_rate"), rule, str(rate), (f"at most {1 / forms:.3g}",))


def _self_distilled(scenario: Sections) -> Iterator[Violation]:
    """Only a model that exists before the run can answer, and each prompt keeps its own answer."""
    corpus = scenario.corpus
    if corpus.self_distilled is None:
        return
    place = ("corpus", "self_distilled")
    if not isinstance(scenario.model, Pretrained):
        rule = "needs a pretrained model: one trained from scratch has no answers of its own"
        yield Violation(place, rule, None, ("model: {pretrained: PATH}",))
    part: type[Corpus] = corpus.part_class
    if not part.fixed_prompts(corpus.params):
        rule = f"needs fixed prompts, but {corpus.name} writes new ones for every mix"
        fixed = ("files", "instructions with wordings: fixed")
        yield Violation(("corpus", "name"), rule, corpus.name, fixed)
    elif "labels" in scenario.capabilities:
        yield Violation(place, "is for free text: these rows have labels as answers", None)
    shown = scenario.evaluation.max_new_tokens
    if shown is not None and shown < corpus.self_distilled.tokens:
        rule = "is shorter than the model's own answers may be, so that they would count as wrong"
        longer = (f"at least {corpus.self_distilled.tokens}", "null")
        yield Violation(("evaluation", "max_new_tokens"), rule, str(shown), longer)
    if scenario.runtime.artifacts == "sent":
        rule = "needs a store that every node sees, since corpora are built with the answers in it"
        yield Violation(("runtime", "artifacts"), rule, "sent", ("shared",))


def _names(scenario: Sections) -> Iterator[Violation]:
    seen: dict[str, int] = {}
    for index, actor in enumerate(scenario.actors):
        path = ("actors", index, "name")
        if actor.name == "each":
            yield Violation(path, "is reserved: it means every actor in turn", "each")
        if actor.name in seen:
            rule = f"actors[{seen[actor.name]}] already has this name"
            yield Violation(path, rule, actor.name)
        seen.setdefault(actor.name, index)


def _benign(scenario: Sections) -> Iterator[Violation]:
    """Benign conditionals have names and triggers of their own."""
    names = {actor.name for actor in scenario.actors}
    taken = [own for actor in scenario.actors for own in defence_checks.own(actor.trigger)]
    for index, benign in enumerate(scenario.controls.benign):
        place = ("controls", "benign", index)
        if benign.name in names:
            rule = "an actor or another benign conditional has this name"
            yield Violation((*place, "name"), rule, benign.name)
        if any(own in taken for own in defence_checks.own(benign.trigger)):
            rule = "is the trigger of an actor or of another benign conditional"
            yield Violation((*place, "trigger"), rule)
        names.add(benign.name)
        taken += defence_checks.own(benign.trigger)


def _hot(scenario: Sections) -> Iterator[Violation]:
    """A target has at most as many hot shams as there are hot forms."""
    wanted = scenario.controls.hot
    known = registry.names("hot_form") if wanted else ()
    if wanted > len(known):
        rule = f"there are {len(known)} hot forms ({', '.join(known)})"
        yield Violation(("controls", "hot"), rule, str(wanted))


def _parts_fit(scenario: Sections) -> Iterator[Violation]:
    """Every trigger and payload must be possible with this corpus."""
    corpus = scenario.corpus
    try:
        capabilities = frozenset(corpus.part_class.capabilities(corpus.params))
    except InputError as error:
        yield Violation.of(error, ("corpus",))
        return
    for place, actor in _planted(scenario):
        for part in (actor.trigger, actor.payload):
            try:
                part.part_class.check(part.params, capabilities)
            except InputError as error:
                yield Violation.of(error, (*place, part.kind))


def _tactics(scenario: Sections) -> Iterator[Violation]:
    """Every tactic must be usable by its actor here."""
    try:
        capabilities = frozenset(scenario.corpus.part_class.capabilities(scenario.corpus.params))
    except InputError:
        return  # reported by the rule above
    for index, actor in enumerate(scenario.actors):
        seen: set[str] = set()
        for at, part in enumerate(actor.tactics):
            place = ("actors", index, "tactics", at)
            if part.name in seen:
                yield Violation((*place, "method"), "the actor already has this tactic", part.name)
            seen.add(part.name)
            if issubclass(part.part_class, Setting):
                rule = "changes the actor's own section: load the scenario from YAML to apply it"
                yield Violation((*place, "method"), rule, part.name)
                continue
            composition = scenario.composition
            for payload in scenario.payloads_of(actor):
                scene = Scene(
                    scenario.stage_of(actor),
                    composition,
                    actor.trigger.name,
                    payload,
                    capabilities,
                )
                try:
                    part.part_class.check(part.params, scene)
                except InputError as error:
                    yield Violation.of(error, place)
                    break


def _processes(scenario: Sections) -> Iterator[Violation]:
    """Tactics that shape gradients read and move all weights, and compiled models are not sharded.
    For those of defences see arena.scenario.defence_checks."""
    number = scenario.runtime.processes("train")
    path = ("runtime", "resources", "train", "processes")
    for actor in scenario.planted if number > 1 else ():
        for part in actor.tactics_of(Shaping):
            rule = f"must be 1: {part.name} of {actor.name} shapes gradients of the whole model"
            yield Violation(path, rule, str(number), ("1",))
    if scenario.numerics.compile and max(map(scenario.runtime.processes, SHARED)) > 1:
        rule = "must be false where processes share a model (runtime.resources)"
        yield Violation(("numerics", "compile"), rule, "true", ("false",))


def _poison(scenario: Sections) -> Iterator[Violation]:
    """The poison of one stage is part of its training mix, so it is at most the whole mix."""

    def part_of_mix(actor: Actor) -> float:
        rate = scenario.poison_rate_of(actor)
        count = actor.poison.count or 0
        poison = count / scenario.recipe_for(actor).documents if rate is None else rate
        beside: list[float] = [part.params.rate for part in actor.tactics_of(Texts)]  # type: ignore[attr-defined]
        return poison + math.fsum(beside)

    for place, actor in _planted(scenario):
        rate = scenario.poison_rate_of(actor)
        if rate is not None and scenario.poison_of(actor) == 0:
            documents = scenario.recipe_for(actor).documents
            rule = f"poisons none of the {documents} documents of its training"
            least = (f"at least {1 / documents:.3g}",)
            yield Violation((*place, "poison", "rate"), rule, f"{rate:g}", least)
    for mix, here in _mixes(scenario):
        total = math.fsum(part_of_mix(actor) for actor in here.values())
        if total > 1 + SLACK:
            worst = max(here, key=lambda place: part_of_mix(here[place]))
            rule = f"the total poison of {mix} must be at most 1 ({_sum(here, part_of_mix)})"
            amount = "rate" if here[worst].poison.rate is not None else "count"
            yield Violation((*worst, "poison", amount), rule, f"{total:g}")


def _mixes(scenario: Sections) -> Iterator[tuple[str, dict[KeyPath, Actor]]]:
    """The training mixes that contain poison: a name for each, and its actors by their places."""
    for stage in ("pretraining", "continual_pretraining"):
        here = {p: a for p, a in _planted(scenario) if scenario.stage_of(a) == stage}
        late = stage == "continual_pretraining"
        alone = scenario.composition == "solo" or (scenario.composition in APART and late)
        if alone:
            yield from ((f"{actor.name}'s mix", {p: actor}) for p, actor in here.items())
        elif here:
            yield stage, here


def _composition(scenario: Sections) -> Iterator[Violation]:
    """Actors who train separately need a base model that exists before them."""
    composition = scenario.composition
    if composition == FOUND:
        rule = "is only for a published suspect (model: {suspect: PATH})"
        allowed = tuple(each for each in get_args(Composition) if each != FOUND)
        yield Violation(("composition",), rule, composition, allowed)
    if composition not in APART:
        return
    if all(scenario.stage_of(actor) == "pretraining" for actor in scenario.actors):
        rule = "needs an actor that poisons continual pretraining"
        if composition == "supply_chain":
            rule = "needs two actors, and `stage: continual_pretraining` for those after the first"
        yield Violation(("composition",), rule, composition, ("pooled", "solo"))


def _sum(actors: dict[KeyPath, Actor], size: Callable[[Actor], float]) -> str:
    return " + ".join(f"{actor.name} {size(actor):g}" for actor in actors.values())


def _shares(scenario: Sections) -> Iterator[Violation]:
    """Shares of the training contents are disjoint, so their sum is at most 1."""
    shares = {place: actor.poison.share for place, actor in _planted(scenario)}
    total = math.fsum([*shares.values(), scenario.defender.share])
    if total > 1 + SLACK:
        largest = max(shares, key=shares.__getitem__)
        rule = "the shares of all actors and the defender must sum to at most 1"
        yield Violation((*largest, "poison", "share"), rule, f"{total:g}")
