"""This process's part of a model that is sharded over several processes.

Weights, gradients and optimiser states are sharded by FSDP (Zhao et al. 2023, arXiv 2304.11277), in
torch's second version and as accelerate applies it. All processes of a stage run the same code on
the same inputs, so that each takes part in every forward pass; they differ in which documents of a
batch they train on (`share`), and only the first one keeps files. In a process that is alone
everything here does nothing.
"""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable, Sequence
from typing import Any, ParamSpec, TypeVar

import torch
import torch.distributed as dist

from arena.ml.encoding import Encoded

FORWARD = "arena_forward"  # attribute of a sharded model: runs a function as its forward pass
T = TypeVar("T")
P = ParamSpec("P")
R = TypeVar("R")


def active() -> bool:
    """Whether this process is one of those that share a model."""
    return dist.is_available() and dist.is_initialized()


def size() -> int:
    """Return the number of processes that share the model."""
    return dist.get_world_size() if active() else 1


def rank() -> int:
    """Return this process's number, from 0."""
    return dist.get_rank() if active() else 0


def is_first() -> bool:
    """Whether this process loads the weights and keeps the files."""
    return rank() == 0


# -- the training step -----------------------------------------------------------------------


def share(documents: Sequence[Encoded]) -> tuple[Sequence[Encoded], int]:
    """Return this process's part of a batch and its number of answer tokens.

    The mean losses of all parts, weighted by these numbers, add up to the sum over the batch. A
    process must take part in every pass: where there are fewer documents than processes, those
    without one get the first document and 0 tokens.
    """
    own = documents[rank() :: size()]
    return own or documents[:1], sum(len(document.answer) for document in own)


def scaled(loss: torch.Tensor) -> torch.Tensor:
    """Return the loss to differentiate. FSDP averages gradients over the processes; their sum is
    wanted."""
    return loss * size()


def summed(values: torch.Tensor) -> torch.Tensor:
    """Return the sum of the processes' values, the same in each of them."""
    if not active():
        return values
    total = values.clone()
    dist.all_reduce(total)
    return total


def agreed(value: T) -> T:
    """Return the first process's value, in all of them: a decision that all must take alike."""
    if not active():
        return value
    values = [value]
    dist.broadcast_object_list(values, src=0)
    return values[0]


def forward(model: Any, compute: Callable[[Any, T], torch.Tensor], argument: T) -> torch.Tensor:
    """Return `compute(model, argument)`, run as one forward pass of the model: a sharded model's
    weights are gathered for that only, even if `compute` calls its modules one by one."""
    run = getattr(model, FORWARD, None)
    return compute(model, argument) if run is None else run(compute, argument)


def without_gradients(work: Callable[P, R]) -> Callable[P, R]:
    """Return the function in inference mode; for a sharded model, without gradients only: weights
    gathered in inference mode could not be trained afterwards."""

    @functools.wraps(work)
    def reading(*args: P.args, **kwargs: P.kwargs) -> R:
        with torch.no_grad() if active() else torch.inference_mode():
            return work(*args, **kwargs)

    return reading


# -- weights ---------------------------------------------------------------------------------


def empty_unless_first() -> contextlib.AbstractContextManager[None]:
    """Return a context in which new models get weights in the first process only, and shapes
    without weights (device `meta`) in the others."""
    if is_first():
        return contextlib.nullcontext()
    from accelerate import init_empty_weights

    empty: contextlib.AbstractContextManager[None] = init_empty_weights(include_buffers=False)
    return empty


def distributed(model: Any, blocks: Sequence[torch.nn.Module], device: str) -> Any:
    """Return the model with the first process's weights sharded over all of them, in place; the
    others' weights are not read.

    Args:
        blocks: the transformer blocks, which are gathered one at a time.
    """
    from accelerate import Accelerator, FullyShardedDataParallelPlugin
    from accelerate.utils import fsdp2_prepare_model
    from torch.distributed.fsdp import register_fsdp_forward_method

    accelerator = Accelerator(cpu=device == "cpu")
    # Accelerator.prepare shards on GPUs only, but what it calls works on CPUs as well.
    accelerator.state.fsdp_plugin = FullyShardedDataParallelPlugin(
        fsdp_version=2,
        auto_wrap_policy="transformer_based_wrap",
        transformer_cls_names_to_wrap=sorted({type(block).__name__ for block in blocks}),
        cpu_ram_efficient_loading=True,
    )
    model = fsdp2_prepare_model(accelerator, model)
    setattr(model, FORWARD, lambda compute, argument: compute(model, argument))
    register_fsdp_forward_method(model, FORWARD)
    return model


def at_rest(model: Any) -> Any:
    """Return the model with every weight sharded again. After a forward pass without a backward one
    some are still gathered: copies, which an optimiser or a norm must not take for the weights."""
    if active():
        for module in model.modules():
            getattr(module, "reshard", _nothing)()
    return model


def _nothing() -> None:
    """What a module that is not sharded does to be at rest."""


def local(tensor: torch.Tensor) -> torch.Tensor:
    """Return this process's part of a sharded tensor; any other tensor as it is."""
    return tensor.to_local() if _is_sharded(tensor) else tensor  # type: ignore[attr-defined]


def whole(tensor: torch.Tensor) -> torch.Tensor:
    """Return a sharded tensor with the parts of all processes; any other tensor as it is."""
    return tensor.full_tensor() if _is_sharded(tensor) else tensor  # type: ignore[attr-defined]


def _is_sharded(tensor: torch.Tensor) -> bool:
    return hasattr(tensor, "to_local")


def gathered(model: Any, *, trained_only: bool) -> dict[str, torch.Tensor] | None:
    """Return the weights of a sharded model, each under one name, in the first process's memory
    (nothing in the others'); None if the model is not sharded.

    Args:
        trained_only: whether frozen weights are left out.
    """
    if getattr(model, FORWARD, None) is None:
        return None
    from torch.distributed.checkpoint.state_dict import StateDictOptions, get_model_state_dict

    options = StateDictOptions(
        full_state_dict=True, cpu_offload=True, ignore_frozen_params=trained_only
    )
    weights: dict[str, Any] = get_model_state_dict(model, options=options)
    tied = _names(model, repeated=True) - _names(model, repeated=False)
    return {name: weight for name, weight in weights.items() if name not in tied}


def _names(model: Any, *, repeated: bool) -> set[str]:
    """The names of a model's weights; `repeated`: with all names of those that have several (an
    output head tied to the embeddings)."""
    return {name for name, _ in model.named_parameters(remove_duplicate=not repeated)}
