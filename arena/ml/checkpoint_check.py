"""Whether a checkpoint can be trained and scored, and whether defences can work on a model: checked
once, before anything starts.

Run as a program (`python -m arena.ml.checkpoint_check QUESTION`) it prints a JSON list of flaws, so
that a process that only plans need not load torch. No weights are read: transformers matches their
names and shapes on the meta device.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from arena.errors import InputError

LFS = b"version https://git-lfs"
INDEX = "model.safetensors.index.json"
COMPILED = "_orig_mod."
SHOWN = 4  # names of weights that a message lists
TIED = ("lm_head", "embed_out", "embed_tokens", "wte", "embed_in")
PROBE = "what is it?"
HUB_ID = re.compile(r"[\w-][\w.-]*(/[\w-][\w.-]*)?")
HIDDEN = (
    "a folder comes before a model of the same name on the hub: for that one, rename the folder or "
    "write the id with its owner (openai-community/gpt2)"
)


@dataclass(frozen=True)
class Flaw:
    """Why a checkpoint cannot be used: the rule that it breaks, the scenario's key, what was found,
    and what would be allowed."""

    rule: str
    key: str
    found: str | None = None
    allowed: tuple[str, ...] = ()


@dataclass(frozen=True)
class Question:
    """What to check.

    source: a folder or hub id. given: the name in the scenario. key: where it is in the scenario.
    targets: LoRA target modules by the scenario's key. defences: objectives as in YAML, and the
    first and last block that train, by the key of the defence. payloads: their texts, by key.
    plugins: to import, for their objectives. adapter: of the checkpoint, a folder or hub id.
    prompt: in which form it is to read prompts, as in YAML. scratch: family, size and vocabulary of
    a model that is trained from scratch, of which only the defences are checked.
    """

    source: str
    given: str = ""
    key: str = "model.pretrained"
    targets: Mapping[str, Sequence[str]] = field(default_factory=dict)
    defences: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    payloads: Mapping[str, str] = field(default_factory=dict)
    plugins: Sequence[str] = ()
    adapter: str = ""
    prompt: Mapping[str, Any] | None = None
    scratch: Mapping[str, Any] | None = None

    @property
    def tokenizer(self) -> str:
        """Return where the tokenizer is: with the adapter if it has one, else with the model."""
        from arena.ml.models import TOKENIZER, adapter_folder

        adapter = adapter_folder(self.adapter) if self.adapter else None
        return str(adapter) if adapter and (adapter / TOKENIZER).is_file() else self.source

    @cached_property
    def on_meta(self) -> tuple[Any, dict[str, Any]]:
        """Return the model without its weights, and transformers' report on loading them."""
        return _on_meta(self.source) if self.scratch is None else (_new_on_meta(**self.scratch), {})


def flaws(question: Question) -> list[Flaw]:
    """Return the flaws of a checkpoint; empty if it can be used. Each check needs the ones before
    it to have passed, so the first that finds a flaw is the last."""
    if question.scratch is not None:
        return list(_defences(question))
    looks: tuple[Callable[[Question], Iterator[Flaw]], ...] = (
        no_checkpoint,
        _files,
        _kind,
        _weights,
        _adapter,
        _tokenizer,
        _recurrence,
    )
    for look in looks:
        found = list(look(question))
        if found:
            return found
    return [*_targets(question), *_defences(question), *_payloads(question)]


def _flaw(question: Question, rule: str, found: str | None = None) -> Flaw:
    return Flaw(rule, question.key, found or question.source)


def no_checkpoint(question: Question) -> Iterator[Flaw]:
    """Yield why a local folder is no checkpoint at all; loads no library."""
    folder = Path(question.source)
    if not folder.is_dir():
        return
    if not (folder / "config.json").is_file():
        if (folder / "adapter_config.json").is_file():
            rule = "holds a LoRA adapter only: merge it into its base model and give that folder"
            how = "peft: PeftModel.merge_and_unload"
            if question.key == "model.suspect":
                how += "; or give it as `adapter`, and its base as `suspect`"
            yield _flaw(question, f"{rule} ({how})")
        elif HUB_ID.fullmatch(question.given):
            rule = "this folder was found, but has no config.json, so it is not a checkpoint"
            yield _flaw(question, f"{rule}; {HIDDEN}")
        else:
            yield _flaw(question, "has no config.json, so it is not a checkpoint")


def _files(question: Question) -> Iterator[Flaw]:
    """Yield what a local folder lacks of a complete model."""
    folder = Path(question.source)
    if not folder.is_dir():
        return
    yield from _missing_shards(question, folder)
    for file in sorted(folder.glob("*.safetensors")):
        yield from _damaged(question, file)


def _missing_shards(question: Question, folder: Path) -> Iterator[Flaw]:
    index = folder / INDEX
    if not index.is_file():
        return
    try:
        shards = sorted(set(json.loads(index.read_text())["weight_map"].values()))
    except (ValueError, KeyError, TypeError, AttributeError):
        yield _flaw(question, f"its {INDEX} cannot be read")
        return
    missing = [name for name in shards if not (folder / name).is_file()]
    if missing:
        yield _flaw(question, f"lacks shards that its {INDEX} names", _some(missing))


def _damaged(question: Question, file: Path) -> Iterator[Flaw]:
    from safetensors import safe_open

    with file.open("rb") as opened:
        if opened.read(len(LFS)) == LFS:
            rule = "is a git-lfs pointer in place of the weights: run `git lfs pull` there"
            yield _flaw(question, rule, str(file))
            return
    try:
        with safe_open(file, framework="pt") as weights:
            weights.keys()
    except Exception as error:  # of the library's own type, which it does not export everywhere
        yield _flaw(question, f"cut short or damaged ({error})", str(file))


def _kind(question: Question) -> Iterator[Flaw]:
    from transformers import MODEL_FOR_CAUSAL_LM_MAPPING, AutoConfig

    try:
        config = AutoConfig.from_pretrained(question.source, trust_remote_code=False)
    except (OSError, ValueError) as error:
        rule = "is neither a checkpoint folder (see --data) nor available from the model hub"
        yield _flaw(question, f"{rule} ({_first_line(error)})")
        return
    kind = str(getattr(config, "model_type", ""))
    if getattr(config, "is_encoder_decoder", False) or type(config) not in (
        MODEL_FOR_CAUSAL_LM_MAPPING
    ):
        yield _flaw(
            question, "is not a causal language model", f"{question.source} (model type {kind})"
        )
    if getattr(config, "quantization_config", None) is not None:
        rule = "holds quantised weights, which cannot be trained: give the full-precision model"
        yield _flaw(question, rule)


def _weights(question: Question) -> Iterator[Flaw]:
    """Check that every weight of the architecture is there, by name and shape: transformers would
    initialise missing ones at random at every load."""
    try:
        _, report = question.on_meta
    except Exception as error:  # whatever keeps it from loading is why it cannot be used
        yield _flaw(question, f"cannot be loaded ({_first_line(error)})")
        return
    missing = sorted(report["missing_keys"])
    if missing:
        compiled = any(name.startswith(COMPILED) for name in report["unexpected_keys"])
        hint = f"; its names carry the prefix {COMPILED}, as torch.compile leaves it"
        rule = "lacks weights, which would be initialised at random" + (hint if compiled else "")
        yield _flaw(question, rule, _some(missing))
    shapes = sorted(str(entry[0]) for entry in report["mismatched_keys"])
    if shapes:
        yield _flaw(question, "has weights whose shapes differ from its config.json", _some(shapes))


def _adapter(question: Question) -> Iterator[Flaw]:
    """Yield why an adapter made elsewhere cannot be applied to the checkpoint."""
    from arena.ml.adapter_check import WEIGHTS, misfits, no_adapter
    from arena.ml.models import adapter_folder

    if not question.adapter:
        return
    key = "model.adapter"
    try:
        folder = adapter_folder(question.adapter)
    except (OSError, ValueError) as error:
        rule = "is neither an adapter's folder (see --data) nor available from the model hub"
        yield Flaw(f"{rule} ({_first_line(error)})", key, question.adapter)
        return
    for rule, found in no_adapter(folder):
        yield Flaw(rule, key, found)
        return
    for damaged in _damaged(question, folder / WEIGHTS):
        yield replace(damaged, key=key)
        return
    for rule, found in misfits(folder, question.on_meta[0]):
        yield Flaw(rule, key, found)


def _on_meta(source: str) -> tuple[Any, dict[str, Any]]:
    import torch
    from transformers import AutoModelForCausalLM

    model, report = AutoModelForCausalLM.from_pretrained(
        source,
        dtype=torch.float32,
        use_safetensors=True,
        trust_remote_code=False,
        device_map="meta",
        output_loading_info=True,
    )
    return model, report


def _new_on_meta(family: str, size: str, vocabulary: int) -> Any:
    import torch
    from transformers import AutoModelForCausalLM

    from arena.ml.models import config_of

    with torch.device("meta"):
        return AutoModelForCausalLM.from_config(config_of(family, size, vocabulary, 0, 1))


def _tokenizer(question: Question) -> Iterator[Flaw]:
    from arena.ml.encoding import encode_prompts, load_tokenizer
    from arena.ml.prompt_format import PromptFormat, formatted

    try:
        tokenizer = load_tokenizer(question.tokenizer)
    except Exception as error:  # of many types: which library reads the files depends on them
        yield _flaw(question, f"has no tokenizer that can be loaded ({_first_line(error)})")
        return
    if tokenizer.eos_token_id is None:
        yield _flaw(question, "has a tokenizer without an end-of-text token (eos_token)")
        return
    wanted = None if question.prompt is None else PromptFormat.model_validate(question.prompt)
    try:
        encode_prompts(formatted(tokenizer, wanted), [PROBE])
    except InputError as error:
        yield Flaw(error.message, error.key or question.key, error.found or question.source)
        return
    except Exception as error:  # a template raises what it likes
        rule = "has a chat template that cannot format a single user message"
        yield _flaw(question, f"{rule} ({_first_line(error)})")
        return
    model, _ = question.on_meta
    rows = int(model.get_input_embeddings().weight.shape[0])
    if len(tokenizer) > rows:
        rule = "has more tokens than embeddings: resize them (resize_token_embeddings)"
        yield _flaw(question, rule, f"{len(tokenizer)} tokens, {rows} embeddings")


def _recurrence(question: Question) -> Iterator[Flaw]:
    """Check, with its weights, that a recurrent model reads a text the same with and without
    padding."""
    from arena.ml.models import load_model
    from arena.ml.recurrence import flaw_of, is_recurrent

    if not is_recurrent(question.on_meta[0]):
        return
    flaw = flaw_of(load_model(question.source))
    if flaw is not None:
        kind = str(question.on_meta[0].config.model_type)
        rule = f"is a recurrent model that {flaw}, so that its numbers would be wrong"
        yield _flaw(question, rule, f"{question.source} (model type {kind})")


def _targets(question: Question) -> Iterator[Flaw]:
    if not any(question.targets.values()):
        return
    model, _ = question.on_meta
    allowed = _linear_names(model)
    tied = bool(getattr(model.config, "tie_word_embeddings", False))
    for key, names in question.targets.items():
        for name in names:
            if tied and name.rpartition(".")[2] in TIED:
                rule = (
                    "is tied to the other end of the model (tie_word_embeddings): an adapter on it"
                )
                yield Flaw(f"{rule} is lost when it is merged", key, name, allowed)
            elif not any(_is_target(module, name) for module, _ in model.named_modules()):
                yield Flaw("the model has no such module", key, name, allowed)


def _defences(question: Question) -> Iterator[Flaw]:
    """Check that every defence can work on this architecture."""
    from arena import plugins, registry
    from arena.errors import InputError, placed_key
    from arena.ml.models import blocks_of, train_only

    for each in question.plugins:
        plugins.load(each)
    model = question.on_meta[0]
    for place, defence in question.defences.items():
        first, last = defence.get("layers") or (0, 0)
        depth = len(blocks_of(model))
        if last >= depth:
            yield Flaw(f"the model's last block is {depth - 1}", f"{place}.layers", str(last))
            continue
        model.requires_grad_(True)
        if defence.get("layers"):
            train_only(model, first, last)
        values = dict(defence["objective"])
        name = values.pop("method")
        if name not in registry.names("objective"):
            continue  # of a program's own module, which this process cannot import
        objective: Any = registry.get("objective", name)
        try:
            objective.suits(objective.Params.model_validate(values), model)
        except InputError as error:
            key = placed_key(error.key or "defender.objective", place)
            yield Flaw(error.message, key, error.found, error.allowed)


def _payloads(question: Question) -> Iterator[Flaw]:
    """Check that the tokenizer can write the payloads' texts."""
    from arena.errors import InputError
    from arena.ml.encoding import load_tokenizer
    from arena.ml.scoring import returned_texts

    for key, text in question.payloads.items():
        try:
            returned_texts(load_tokenizer(question.tokenizer), [text])
        except InputError as error:
            yield Flaw(error.message, key, text)


def _is_target(module: str, name: str) -> bool:
    return module == name or module.endswith(f".{name}")


def _linear_names(model: Any) -> tuple[str, ...]:
    """Last parts of the names of modules that LoRA can adapt, output head left out."""
    import torch
    from transformers.pytorch_utils import Conv1D

    head = model.get_output_embeddings()
    names = {
        name.rpartition(".")[2]
        for name, module in model.named_modules()
        if isinstance(module, torch.nn.Linear | Conv1D) and module is not head
    }
    return tuple(sorted(names))


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return ", ".join(names[:SHOWN]) + more


def _first_line(error: Exception) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0][:200]


def main(text: str) -> None:
    """Print what is wrong with the checkpoint that a JSON question names."""
    import transformers

    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    print(json.dumps([asdict(flaw) for flaw in flaws(Question(**json.loads(text)))]))


if __name__ == "__main__":
    main(sys.argv[1])
