"""Whether a LoRA adapter made elsewhere fits its checkpoint: peft would leave out weights that it
cannot place, and the suspect would then be another model than the published one."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

WEIGHTS = "adapter_model.safetensors"
CONFIG = "adapter_config.json"
Shapes = dict[str, tuple[int, ...]]
Problem = tuple[str, str | None]  # the rule that is broken, and what was found


def no_adapter(folder: Path) -> Iterator[Problem]:
    """Yield why a folder is no adapter at all; loads no library."""
    if not (folder / CONFIG).is_file():
        yield f"holds no {CONFIG}, so it is no peft adapter", str(folder)
    elif not (folder / WEIGHTS).is_file():
        yield f"holds no safetensors weights ({WEIGHTS})", str(folder)


def misfits(folder: Path, model: Any) -> Iterator[Problem]:
    """Yield how an adapter does not fit a model (on the meta device, left as it is)."""
    from peft import PeftConfig

    try:
        config = PeftConfig.from_pretrained(str(folder))
    except Exception as error:  # of many types: the file may hold anything
        yield f"has a {CONFIG} that peft cannot read ({error})", str(folder)
        return
    kind = getattr(config.peft_type, "value", str(config.peft_type))
    if kind != "LORA":
        yield "must be a LoRA adapter", kind
        return
    try:
        wanted, known = _expected(config, model)
    except Exception as error:  # whatever keeps it from being put on is why it cannot be used
        yield f"cannot be applied to the checkpoint ({error})", str(folder)
        return
    yield from _differences(_stored(folder / WEIGHTS), wanted, known)


def _expected(config: Any, model: Any) -> tuple[Shapes, Shapes]:
    """The adapter's weights as peft would save them, and all weights under it."""
    from peft import get_peft_model, get_peft_model_state_dict

    config.init_lora_weights = True  # others compute on the checkpoint's weights, which are absent
    wrapped = get_peft_model(copy.deepcopy(model), config)
    own = get_peft_model_state_dict(wrapped, save_embedding_layers=False)
    return _shapes(own), _shapes(wrapped.state_dict())


def _shapes(weights: dict[str, Any]) -> Shapes:
    return {name: tuple(weight.shape) for name, weight in weights.items()}


def _stored(file: Path) -> Shapes:
    from safetensors import safe_open

    with safe_open(file, framework="pt") as weights:
        return {name: tuple(weights.get_slice(name).get_shape()) for name in weights.keys()}  # noqa: SIM118


def _differences(stored: Shapes, wanted: Shapes, known: Shapes) -> Iterator[Problem]:
    for rule, names in (
        ("lacks weights that its configuration names", wanted.keys() - stored.keys()),
        (
            "has weights that fit no module of the checkpoint",
            stored.keys() - wanted.keys() - known.keys(),
        ),
        (
            "has weights whose shapes do not fit the checkpoint",
            {n for n in stored if stored[n] != {**known, **wanted}.get(n, stored[n])},
        ),
    ):
        if names:
            yield rule, ", ".join(sorted(names)[:4])
            return
