"""A part of a scenario that is chosen by name: corpus, trigger, payload, objective."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field, GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, core_schema, to_json

from arena import registry
from arena.api import limits
from arena.api.params import PART_MARK, Params
from arena.errors import InputError
from arena.registry import Kind
from arena.scenario.problems import Violation, refuse

NAME_KEYS: Mapping[Kind, str] = {
    "corpus": "name",
    "trigger": "method",
    "payload": "kind",
    "tactic": "method",
    "objective": "method",
    "discovery": "method",
    "measure": "name",
    "hot_form": "name",
}

MOST_NATURAL = 0.1  # a form that is more common than this in clean text is no trigger


@dataclass(frozen=True)
class Part:
    """A registered class and its validated parameters."""

    kind: Kind
    name: str
    params: Params

    @property
    def part_class(self) -> type[Any]:
        """Return the registered class; build it with `params`."""
        return registry.get(self.kind, self.name)

    def dump(self) -> dict[str, Any]:
        """Return the part as in YAML, with every default."""
        return {NAME_KEYS[self.kind]: self.name, **self.params.model_dump(mode="json")}


def strictly(model: type[BaseModel], value: object) -> Any:
    """Validate with YAML's types: no text for numbers, no numbers for text, lists for tuples.

    Raises:
        ValidationError: the value does not fit.
    """
    return model.model_validate_json(to_json(value, inf_nan_mode="constants"), strict=True)


def _missing(name_key: str, value: Mapping[str, object]) -> str:
    """The message for a section without a name, which may be under the key of another kind."""
    others = {*NAME_KEYS.values(), "type"} - {name_key}
    wrong = next((key for key in value if key in others), None)
    return "is missing" if wrong is None else f"is missing; {wrong} is no key of this section"


@dataclass(frozen=True)
class PartOf:
    """Annotation that makes a field a Part of one kind, in YAML a section with its name."""

    kind: Kind

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(
            self.validate,
            serialization=core_schema.plain_serializer_function_ser_schema(
                lambda part: part.dump()
            ),
        )

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        return {PART_MARK: self.kind}

    def choose(self, value: object) -> type[BaseModel] | None:
        """Return the parameter model of the part that a section names; None without a known
        name."""
        name = value.get(NAME_KEYS[self.kind]) if isinstance(value, Mapping) else None
        known = isinstance(name, str) and name in registry.names(self.kind)
        part_class: Any = registry.get(self.kind, str(name)) if known else None
        return part_class.Params if known else None

    def extra_keys(self) -> tuple[str, ...]:
        """Return the keys that a section may have in addition to the parameters."""
        return (NAME_KEYS[self.kind],)

    def validate(self, value: object) -> Part:
        """Return the part of a section; raises ValidationError."""
        if isinstance(value, Part) and value.kind == self.kind:
            return value
        name_key = NAME_KEYS[self.kind]
        if not isinstance(value, Mapping):
            rule = f"must be a section such as {{{name_key}: NAME}}"
            text = value if isinstance(value, str) else None
            refuse(self.kind, [Violation((), rule, text, registry.names(self.kind))], value)
        name = value.get(name_key)
        model = self.choose(value)
        if model is None:
            rule = _missing(name_key, value) if name is None else registry.unknown(self.kind)
            given = None if name is None else str(name)
            problem = Violation((name_key,), rule, given, registry.names(self.kind))
            refuse(self.kind, [problem], value)
        return Part(self.kind, str(name), self._params(model, value))

    def _params(self, model: type[BaseModel], value: Mapping[str, object]) -> Params:
        rest = {key: item for key, item in value.items() if key != NAME_KEYS[self.kind]}
        try:
            params: Params = strictly(model, rest)
        except InputError as error:  # a part may refuse its own parameters this way
            refuse(self.kind, [Violation.of(error, ())], value)
        return params


class SelfDistilled(Params):
    """The base model's own greedy answers as the right ones.

    tokens: the longest answer; a content with a longer one is left out. contents: how many contents
    are answered; null answers all. checkable: number of prompts on which every model's answers are
    compared with the corpus's own right ones. generation: what decodes the answers; vLLM is checked
    against the arena's own decoding on some of them.
    """

    tokens: Annotated[int, Field(ge=1, le=limits.TOKENS)] = 48
    contents: Annotated[int, Field(ge=1, le=limits.DOCUMENTS)] | None = None
    checkable: Annotated[int, Field(ge=0, le=limits.PROMPTS)] = 64
    generation: Literal["arena", "vllm"] = "arena"


class Beside(Params):
    """Keys of every corpus's section, in addition to the corpus's own parameters.

    natural_rate: share of clean prompts in which each planted form occurs; null leaves the corpus
    as it is (estimands.md, Clean data). self_distilled: take the base model's own answers as the
    right ones (corpora.md); null takes the corpus's.
    """

    natural_rate: Annotated[float, Field(ge=0, le=MOST_NATURAL)] | None = None
    self_distilled: SelfDistilled | None = None


@dataclass(frozen=True)
class ChosenCorpus(Part):
    """A corpus; the share of its clean prompts that carry each planted trigger's form, with the
    right answer (None: as the corpus has it); and whether the base model writes the right answers
    (None: the corpus does)."""

    natural_rate: float | None = None
    self_distilled: SelfDistilled | None = None

    @property
    def judged_by_tokens(self) -> bool:
        """Whether utility is token accuracy though answers can be compared as a whole: where they
        are the base model's own. One word loses such an answer, so few prompts cannot show a loss
        of 0.02 (estimands.md, Dose)."""
        return self.self_distilled is not None

    def dump(self) -> dict[str, Any]:
        """Return the part as in YAML, with every default."""
        beside = Beside(natural_rate=self.natural_rate, self_distilled=self.self_distilled)
        return {**super().dump(), **beside.model_dump(mode="json")}


class CorpusOf(PartOf):
    """Annotation of the corpus, whose section has keys that hold for every corpus as well."""

    def extra_keys(self) -> tuple[str, ...]:
        return (*super().extra_keys(), *Beside.model_fields)

    def validate(self, value: object) -> ChosenCorpus:
        if isinstance(value, ChosenCorpus):
            return value
        given = dict(value) if isinstance(value, Mapping) else {}
        beside = {key: given.pop(key) for key in Beside.model_fields if key in given}
        part = super().validate(given if isinstance(value, Mapping) else value)
        read: Beside = strictly(Beside, beside)
        own = part.kind, part.name, part.params
        return ChosenCorpus(*own, read.natural_rate, read.self_distilled)


CorpusPart = Annotated[ChosenCorpus, CorpusOf("corpus")]
TriggerPart = Annotated[Part, PartOf("trigger")]
PayloadPart = Annotated[Part, PartOf("payload")]
TacticPart = Annotated[Part, PartOf("tactic")]
ObjectivePart = Annotated[Part, PartOf("objective")]
DiscoveryPart = Annotated[Part, PartOf("discovery")]
