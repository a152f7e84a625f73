"""Several unlearning runs as one stacked batch, against the same runs one after another.

    python benchmarks/stacked.py --size nano --models 4 --steps 20 --repeats 5

Runs that start from one checkpoint have weights of one shape, so they can be stacked and trained
by one vectorised step (torch.func: vmap over weights and batches, a gradient per model). That pays
if a model is too small to fill the device. Both ways take the same plain gradient steps on the same
batches (no clipping, no schedule, AdamW written by foreach operations for the stack), one thread.
Prints ms per step and model, and the ratio.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable

import torch
from torch.func import functional_call, grad, stack_module_state, vmap
from torch.nn import functional

import common
from arena.ml.models import config_of, initialised

VOCABULARY, LENGTH, ANSWER, BATCH = 2048, 28, 5, 64


def main() -> None:
    """Time both ways, alternating."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--size", default="nano")
    parser.add_argument("--models", type=int, default=4)
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--threads", type=int, default=1)
    given = parser.parse_args()
    torch.set_num_threads(given.threads)
    ids = torch.randint(2, VOCABULARY, (given.models, BATCH, LENGTH))
    ways = {
        "one after another": in_turn(given.size, ids, given.steps),
        "stacked": stacked(given.size, ids, given.steps),
    }
    common.header("stacked unlearning", f"{given.repeats} repeats, alternating; medians")
    times = common.alternating(ways, given.repeats)
    per = given.steps * given.models
    middles = {name: statistics.median(found) for name, found in times.items()}
    rows = [[name, f"{1000 * middle / per:.2f}"] for name, middle in middles.items()]
    rows.append(["ratio", f"{middles['one after another'] / middles['stacked']:.2f}x"])
    common.table([f"{given.models} models, {given.size}", "ms per step and model"], rows)


def model_of(size: str, seed: int) -> torch.nn.Module:
    """Return a model of the llama family."""
    made: torch.nn.Module = initialised(config_of("llama", size, VOCABULARY, 0, 1), seed)
    return made.train()


def loss_of(logits: torch.Tensor, ids: torch.Tensor) -> torch.Tensor:
    """Return the cross-entropy at the last positions, as if those were the answer."""
    return functional.cross_entropy(
        logits[:, -ANSWER - 1 : -1].flatten(0, 1), ids[:, -ANSWER:].flatten()
    )


def in_turn(size: str, ids: torch.Tensor, steps: int) -> Callable[[int], float]:
    """Train each model by itself."""
    models = [model_of(size, seed) for seed in range(len(ids))]
    optimizers = [torch.optim.AdamW(m.parameters(), lr=1e-4, fused=True) for m in models]

    def run(_: int) -> float:
        began = time.perf_counter()
        for model, optimizer, own in zip(models, optimizers, ids, strict=True):
            for _ in range(steps):
                hidden = model.base_model(input_ids=own, use_cache=False).last_hidden_state
                logits = model.get_output_embeddings()(hidden[:, -ANSWER - 1 :])
                loss = functional.cross_entropy(
                    logits[:, :-1].flatten(0, 1), own[:, -ANSWER:].flatten()
                )
                loss.backward()
                optimizer.step()
                optimizer.zero_grad(set_to_none=True)
        return time.perf_counter() - began

    return run


def stacked(size: str, ids: torch.Tensor, steps: int) -> Callable[[int], float]:
    """Train all models by one vectorised step."""
    models = [model_of(size, seed) for seed in range(len(ids))]
    weights, buffers = stack_module_state(models)
    weights.pop("lm_head.weight", None)  # tied to the embeddings
    shell = model_of(size, 0)
    trained = {name: value.detach().requires_grad_() for name, value in weights.items()}
    optimizer = torch.optim.AdamW(trained.values(), lr=1e-4, fused=True)

    def loss(own: dict[str, torch.Tensor], rest: dict[str, torch.Tensor], ids: torch.Tensor):
        out = functional_call(
            shell,
            (own, rest),
            kwargs={"input_ids": ids, "use_cache": False, "logits_to_keep": ANSWER + 1},
            tie_weights=True,
        )
        return functional.cross_entropy(
            out.logits[:, :-1].flatten(0, 1), ids[:, -ANSWER:].flatten()
        )

    gradients = vmap(grad(loss), in_dims=(0, 0, 0))

    def run(_: int) -> float:
        began = time.perf_counter()
        for _ in range(steps):
            found = gradients({n: w.detach() for n, w in trained.items()}, buffers, ids)
            for name, weight in trained.items():
                weight.grad = found[name]
            optimizer.step()
        return time.perf_counter() - began

    return run


if __name__ == "__main__":
    main()
