"""Rules about the sections `tune` and `duel`. Each yields its violations."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, get_args

from pydantic import ValidationError

from arena import registry
from arena.api.ranges import Choice, Range, Value, corners, holds
from arena.api.tactic import Setting
from arena.errors import InputError
from arena.scenario import keys
from arena.scenario.parts import strictly
from arena.scenario.problems import Violation
from arena.scenario.search import DOSES, GROUPING, DefenceOption, DefenceOptions, Tune
from arena.scenario.section import Stage
from arena.scenario.tactic_space import dimensions_of, optional, space_of

if TYPE_CHECKING:
    from arena.scenario.search import Attack, SearchedTactic, SearchSeeds
    from arena.scenario.sections import Sections

TARGET = "defender.target"
RESERVED = (*DOSES, "harmless")
Searches = Iterator[tuple[str, "Attack"]]


def _searches(scenario: Sections) -> Searches:
    if scenario.tune is not None:
        yield "tune", scenario.tune
    if scenario.duel is not None:
        yield "duel", scenario.duel


def _actor(scenario: Sections) -> Iterator[Violation]:
    """There must be a removal to evade: of another actor's trigger, or without a disclosed one."""
    names = tuple(actor.name for actor in scenario.actors)
    for where, search in _searches(scenario):
        if search.actor not in names:
            yield Violation((where, "actor"), "no actor has this name", search.actor, names)
        elif scenario.defender.target == search.actor:
            rule = "the defender's target is the adaptive actor itself, so its trigger is disclosed"
            yield Violation((where, "actor"), rule, search.actor)
        elif scenario.defender.intelligence == "disclosed" and len(names) == 1:
            rule = "needs another actor, whose trigger is disclosed instead"
            yield Violation((where, "actor"), rule, search.actor)
        elif scenario.composition == "solo":
            rule = "needs one model with all actors' backdoors"
            yield Violation(("composition",), f"{where} {rule}", "solo")


def _tactics(scenario: Sections) -> Iterator[Violation]:
    for where, search in _searches(scenario):
        seen: set[str] = set()
        for index, each in enumerate(search.tactics):
            place = (where, "tactics", index)
            known = registry.names("tactic")
            if each.method not in known:
                yield Violation((*place, "method"), "unknown tactic", each.method, known)
                continue
            if each.method in seen:
                yield Violation(
                    (*place, "method"), "this tactic is already in the list", each.method
                )
            seen.add(each.method)
            try:
                ranges = space_of(each)
            except InputError as error:
                yield Violation.of(error, place)
                continue
            refusals = _refusals(scenario, search, each, ranges)
            if refusals and None not in refusals:
                yield Violation.of(refusals[0], place)


def _refusals(
    scenario: Sections, search: Attack, searched: SearchedTactic, ranges: Mapping[str, Range]
) -> list[Any]:
    """For each stage that the adaptive actor may be in, since another setting can change it: why
    this setting would have no effect, or None. Empty for tactics of other kinds, and for parameters
    that no strategy can have."""
    tactic: Any = registry.get("tactic", searched.method)
    names = [actor.name for actor in scenario.actors]
    if not issubclass(tactic, Setting) or search.actor not in names:
        return []
    least = {name: corners(values)[0] for name, values in ranges.items()}
    try:
        made: Setting = tactic(strictly(tactic.Params, {**searched.set, **least}))
    except ValidationError:
        return []  # every trial says so
    values = scenario.resolved()
    actor = values["actors"][names.index(search.actor)]
    return [_refusal(made, {**actor, "stage": stage}, values) for stage in get_args(Stage)]


def _refusal(
    made: Setting, actor: Mapping[str, Any], values: Mapping[str, Any]
) -> InputError | None:
    try:
        made.fits(actor, values)
    except InputError as error:
        return error
    return None


def _seeds(scenario: Sections) -> Iterator[Violation]:
    """Seeds of the three phases must be disjoint: a report on seeds of the search is optimistic."""
    for where, search in _searches(scenario):
        seen: dict[int, str] = {}
        for phase, values in _phases(search.seeds):
            for index, seed in enumerate(values):
                if seed in seen:
                    rule = f"this seed is already in seeds.{seen[seed]}"
                    yield Violation((where, "seeds", phase, index), rule, str(seed))
                seen.setdefault(seed, phase)
        if not _is_known(search):
            for phase, values in _phases(search.seeds):
                if not values:
                    yield Violation((where, "seeds", phase), "needs one seed or more", "[]")


def _is_known(search: Attack) -> bool:
    """Whether nothing is searched."""
    return isinstance(search, Tune) and search.strategy is not None


def _strategy(scenario: Sections) -> Iterator[Violation]:
    """A known strategy is complete: no sampler chooses what it leaves out."""
    tune = scenario.tune
    if tune is None or tune.strategy is None:
        return
    try:
        ranges = dimensions_of(tune.tactics)
    except InputError:
        return  # `_tactics` reports it
    place = ("tune", "strategy")
    yield from _known_values(place, tune.strategy, ranges)
    free = optional(tune.tactics)
    for name in ranges:
        tactic, dot, _ = name.partition(".")
        used = tactic not in free or tune.strategy.get(tactic) is True
        if dot and used and name not in tune.strategy:
            yield Violation((*place, name), "is missing: the strategy uses this tactic")
        if dot and not used and name in tune.strategy:
            rule = f"belongs to a tactic that the strategy does not use ({tactic}: true uses it)"
            yield Violation((*place, name), rule, str(tune.strategy[name]))
    yield from _too_many(place, tune, tune.strategy)


def _starts(scenario: Sections) -> Iterator[Violation]:
    """Known strategies are made of the search's own parameters, within their ranges."""
    for where, search in _searches(scenario):
        try:
            ranges = dimensions_of(search.tactics) if search.starts else {}
        except InputError:
            continue  # `_tactics` reports it
        for index, start in enumerate(search.starts):
            yield from _known_values((where, "starts", index), start, ranges)


def _untried(place: keys.KeyPath, starts: int, trials: int) -> Iterator[Violation]:
    if starts > trials:
        rule = f"has {starts} strategies, more than the {trials} of `trials`"
        yield Violation((*place, "starts"), rule)


def _known_values(
    place: keys.KeyPath, strategy: Mapping[str, Value], ranges: Mapping[str, Range]
) -> Iterator[Violation]:
    for name, value in strategy.items():
        if name not in ranges:
            rule = "no parameter of this search"
            yield Violation((*place, name), rule, name, tuple(ranges))
        elif not holds(ranges[name], value):
            allowed = tuple(str(each) for each in corners(ranges[name]))
            yield Violation((*place, name), "lies outside the searched range", str(value), allowed)


def _at_once(scenario: Sections) -> Iterator[Violation]:
    """Strategies of few tactics differ in their parameters, which not every sampler can model."""
    for where, search in _searches(scenario):
        if search.at_once is None:
            continue
        count, method = len(optional(search.tactics)), search.sampler.method
        if search.at_once > count:
            rule = f"must be at most the number of tactics that are not always used ({count})"
            yield Violation((where, "at_once"), rule, str(search.at_once))
        if method not in GROUPING:
            rule = "models only parameters that every strategy has, which excludes at_once"
            yield Violation((where, "sampler", "method"), rule, method, GROUPING)
        for index, start in enumerate(search.starts):
            yield from _too_many((where, "starts", index), search, start)


def _too_many(
    place: keys.KeyPath, search: Attack, strategy: Mapping[str, Value]
) -> Iterator[Violation]:
    used = [name for name in optional(search.tactics) if strategy.get(name) is True]
    if search.at_once is not None and len(used) > search.at_once:
        rule = f"uses {len(used)} tactics where at_once allows {search.at_once}"
        yield Violation(place, rule, ", ".join(used))


def _phases(seeds: SearchSeeds) -> Iterator[tuple[str, tuple[int, ...]]]:
    yield from (("search", seeds.search), ("select", seeds.select), ("report", seeds.report))


def _objectives(scenario: Sections) -> Iterator[Violation]:
    tune = scenario.tune
    if tune is None:
        return
    if len(set(tune.objectives)) < len(tune.objectives):
        yield Violation(("tune", "objectives"), "an objective occurs twice")
    if tune.objectives[0] != "evasion":
        rule = "must begin with evasion: strategies are selected by the first objective"
        yield Violation(("tune", "objectives"), rule, ", ".join(tune.objectives), ("evasion",))
    if tune.prune and len(tune.objectives) > 1:
        yield Violation(("tune", "prune"), "pruning needs a single objective", "true")
    if tune.strategy is None:
        yield from _untried(("tune",), len(tune.starts), tune.trials)
    if tune.best > tune.trials:
        rule = f"must be at most {tune.trials}, the number of trials"
        yield Violation(("tune", "best"), rule, str(tune.best))


def _duel(scenario: Sections) -> Iterator[Violation]:
    duel = scenario.duel
    if duel is None:
        return
    if duel.most_rounds < duel.rounds:
        yield Violation(
            ("duel", "most_rounds"),
            f"must be at least rounds ({duel.rounds})",
            str(duel.most_rounds),
        )
    names: set[str] = set()
    for index, option in enumerate(duel.blue.options):
        place = ("duel", "blue", "options", index)
        if option.name in names:
            yield Violation((*place, "name"), "another option has this name", option.name)
        names.add(option.name)
        for part, values in (("set", option.set), ("space", option.space)):
            for key in values:
                yield from _defenders((*place, part, key), key)
            yield from _undisclosed((*place, part), values, duel.actor)
        for key in option.space:
            if key in option.set:
                yield Violation((*place, "space", key), "is already fixed by `set`", key)
    yield from _untried(("duel",), len(duel.starts), duel.trials)
    yield from _untried(("duel", "blue"), len(duel.blue.starts), duel.blue.trials)
    for index, start in enumerate(duel.blue.starts):
        yield from _blue_start(("duel", "blue", "starts", index), start, duel.blue)


def _blue_start(
    place: keys.KeyPath, start: Mapping[str, Value], blue: DefenceOptions
) -> Iterator[Violation]:
    """A strategy that blue tries first: an option, and values within its ranges."""
    options: dict[Value, DefenceOption] = {each.name: each for each in blue.options}
    chosen = options.get(start.get("option", ""))
    if "option" not in start:
        yield Violation((*place, "option"), "is missing: a start is one of the options")
    elif chosen is None:
        rule = "no option of blue has this name"
        yield Violation((*place, "option"), rule, str(start["option"]), tuple(map(str, options)))
    else:
        values = {key: value for key, value in start.items() if key != "option"}
        yield from _known_values(place, values, chosen.space)


def _defenders(place: keys.KeyPath, key: str) -> Iterator[Violation]:
    """Blue may change only the defender's section, and not its budget."""
    if not key.startswith("defender."):
        yield Violation(place, "must be a key of the defender, such as defender.steps", key)
    elif key == "defender.compute":
        yield Violation(place, "is set by duel.compute, the same for every option", key)


def _unseen(scenario: Sections) -> Iterator[Violation]:
    tune = scenario.tune
    if tune is not None:
        for key in tune.unseen:
            if not key.startswith("defender."):
                rule = "must be a key of the defender, such as defender.steps"
                yield Violation(("tune", "unseen", key), rule, key)
        yield from _undisclosed(("tune", "unseen"), tune.unseen, tune.actor)


def _undisclosed(place: keys.KeyPath, values: Mapping[str, Any], actor: str) -> Iterator[Violation]:
    """The adaptive actor's own trigger must not be disclosed to any defender."""
    target = values.get(TARGET)
    if actor in (target.options if isinstance(target, Choice) else (target,)):
        rule = "is the adaptive actor itself, so its trigger is disclosed"
        yield Violation((*place, TARGET), rule, actor)


def _against(scenario: Sections) -> Iterator[Violation]:
    """What a strategy must survive has to be measured."""
    judged = scenario.defender.intelligence == "disclosed" and scenario.dose is not None
    doses = DOSES if judged else ()
    for where, search in _searches(scenario):
        league = tuple(each.name for each in scenario.league) if where == "tune" else ()
        for index, name in enumerate(league):
            if name in RESERVED:
                rule = f"{where} calls a dose of the defender so: choose another name"
                yield Violation(("league", index, "name"), rule, name)
        for index, name in enumerate(search.against):
            place, allowed = (where, "against", index), (*doses, *league)
            if name in search.against[:index]:
                yield Violation(place, "this defence is already in the list", name)
            elif name in DOSES and not doses:
                rule = "the defender is judged at doses only with a `dose` section"
                yield Violation(place, rule, name, allowed)
            elif name not in allowed:
                yield Violation(place, "no defence of the league has this name", name, allowed)
            elif name in _with_unseen_objective(scenario):
                rule = "has the objective of tune.unseen, which the search must not use"
                same = _with_unseen_objective(scenario)
                yield Violation(place, rule, name, tuple(n for n in allowed if n not in same))


def _with_unseen_objective(scenario: Sections) -> tuple[str, ...]:
    """The league's defences with the objective that makes the unseen defender another one."""
    own = scenario.tune.unseen.get("defender.objective") if scenario.tune is not None else None
    method = own.get("method") if isinstance(own, Mapping) else own
    if method == scenario.defender.objective.name:
        return ()
    return tuple(each.name for each in scenario.league if each.objective.name == method)


RULES = (
    _against, _actor, _tactics, _starts, _strategy, _at_once, _seeds, _objectives, _unseen, _duel,
)  # fmt: skip
