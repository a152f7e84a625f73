"""The model: trained from scratch, a checkpoint to poison, or a suspect that somebody else made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, Field, GetCoreSchemaHandler, GetJsonSchemaHandler, model_validator
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, core_schema

from arena.api.params import PART_MARK
from arena.ml.prompt_format import PromptFormat
from arena.ml.train_config import Adapter, Settings
from arena.scenario.parts import strictly
from arena.scenario.problems import Violation, refuse

Family = Literal["llama", "gpt_neox", "qwen3"]
Size = Literal["nano", "micro", "mini", "small"]
DEPTH: Mapping[Size, int] = {"nano": 3, "micro": 4, "mini": 6, "small": 8}  # blocks


class FromScratch(Settings):
    """A small model trained from scratch.

    family: its architecture. size: nano d=64 x 3 layers, micro 128 x 4, mini 256 x 6, small 512 x
    8. vocabulary: tokens of its tokenizer. prompt: the format in which it reads a prompt; null is
    the prompt and a line break.
    """

    family: Family
    size: Size
    vocabulary: Annotated[int, Field(ge=300, le=65536)] = 2048
    prompt: PromptFormat | None = None

    @model_validator(mode="after")
    def _no_system(self) -> Self:
        if self.prompt is not None and self.prompt.system is not None:
            raise ValueError(
                "a model trained from scratch has no chat template that takes a system prompt: "
                "write it into prompt.template"
            )
        return self


class Pretrained(Settings):
    """A checkpoint to poison.

    pretrained: a Hugging Face folder, a GGUF file, a name of `arena models list`, or a hub id.
    adapter: the LoRA adapter that every training trains; null trains all weights. prompt: the
    format in which it reads a prompt; null leaves that to the tokenizer (docs/models.md).
    """

    pretrained: Annotated[str, Field(min_length=1)]
    adapter: Adapter | None = None
    prompt: PromptFormat | None = None


class PublishedSuspect(Settings):
    """A checkpoint in which somebody else planted backdoors, taken as it is: a local folder or a
    hub id.

    suspect: a Hugging Face folder, a GGUF file, or a hub id. adapter: part of the suspect: a LoRA
    adapter (peft) that is applied to the checkpoint. reference: a checkpoint that was never
    poisoned; null takes the suspect without its adapter. prompt: the format in which they read a
    prompt; null leaves that to the tokenizer (docs/models.md).
    """

    suspect: Annotated[str, Field(min_length=1)]
    adapter: Annotated[str, Field(min_length=1)] | None = None
    reference: Annotated[str, Field(min_length=1)] | None = None
    prompt: PromptFormat | None = None

    @property
    def clean(self) -> str | None:
        """Return the checkpoint that was never poisoned; None if none is known."""
        without = self.suspect if self.adapter is not None else None
        return self.reference or without


Source = FromScratch | Pretrained | PublishedSuspect
SOURCES: Mapping[str, type[Source]] = {  # by the key that selects it
    "family": FromScratch,
    "pretrained": Pretrained,
    "suspect": PublishedSuspect,
}

SUCH_AS = (
    "must be a section such as {family: llama, size: nano}, {pretrained: PATH} or {suspect: PATH}"
)


def lora_of(model: Source) -> Adapter | None:
    """Return the LoRA with which a model is trained unless a training has its own; None if all
    weights train."""
    return model.adapter if isinstance(model, Pretrained) else None


@dataclass(frozen=True)
class _OneSource:
    """Annotation that picks the class by its key, so that errors name only its own keys."""

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(
            self.validate,
            serialization=core_schema.plain_serializer_function_ser_schema(
                lambda model: model.model_dump(mode="json")
            ),
        )

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        return {PART_MARK: "model"}

    def choose(self, value: object) -> type[BaseModel] | None:
        """Return the class that a section's keys select."""
        given = value if isinstance(value, Mapping) else {}
        return next((SOURCES[key] for key in SOURCES if key in given), FromScratch)

    def extra_keys(self) -> tuple[str, ...]:
        """Return the keys that a section may have in addition to the class's own."""
        return ()

    def validate(self, value: object) -> Source:
        """Return the source of a section; raises ValidationError."""
        if isinstance(value, Source):
            return value
        if not isinstance(value, Mapping):
            refuse("model", [Violation((), SUCH_AS, str(value))], value)
        first, *others = [key for key in SOURCES if key in value] or ["family"]
        if others:
            other = others[-1]
            whole = f"{{{other}: {value[other]}}}"
            rule = (
                f"cannot be combined with {first}: a model is one of {', '.join(SOURCES)} "
                f"(--set 'model={whole}' replaces the section)"
            )
            refuse("model", [Violation((other,), rule, str(value[other]))], value)
        known = tuple(dict.fromkeys((*SOURCES, *FromScratch.model_fields)))
        if not value.keys() & set(known):
            rule = f"unknown key: a model {SUCH_AS}"
            wrong = [Violation((key,), rule, key, known) for key in value]
            refuse("model", wrong[:1] or [Violation((), SUCH_AS, "an empty section")], value)
        model: Source = strictly(SOURCES[first], value)
        return model


ModelSource = Annotated[Source, _OneSource()]
