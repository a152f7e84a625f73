"""A model's hidden states before its answer, and whether they show a trigger."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from arena.errors import ArenaError
from arena.ml.decoding import batches_of
from arena.ml.encoding import Ids, encode_prompts

STATES = 2**26  # numbers held at once, at most, over all layers and positions of a batch
ITERATIONS = 1000  # of a probe's solver, at most


@torch.inference_mode()
def last_states(model: Any, tokenizer: Any, prompts: Sequence[str]) -> np.ndarray:
    """(P, L, d) float32: the output of each of the L blocks, the embedding left out, at the
    last position of each prompt, where the first token of the answer is predicted.

    The last layer's state is taken after the model's final norm, as transformers returns it; the
    others are not normalised. Equal prompts are read once.
    """
    unique = list(dict.fromkeys(prompts))
    encoded = encode_prompts(tokenizer, unique)
    sizes = model.config.num_hidden_layers, model.config.hidden_size
    states = np.empty((len(unique), *sizes), dtype=np.float32)
    room = STATES // ((sizes[0] + 1) * sizes[1])
    for indices in batches_of([len(ids) for ids in encoded], mixed=True, tokens=room):
        rows = [encoded[i] for i in indices]
        states[indices] = block_states(model, rows, tokenizer.pad_token_id).cpu().numpy()
    place = {prompt: i for i, prompt in enumerate(unique)}
    return states[[place[prompt] for prompt in prompts]]


def block_states(model: Any, rows: Sequence[Ids], pad: int) -> torch.Tensor:
    """(B, L, d) float32: the states of `last_states` for token ids, padded on the right (which
    causal attention never sees); with a gradient if gradients are enabled."""
    longest = max(map(len, rows))
    ids = torch.tensor([row + (pad,) * (longest - len(row)) for row in rows]).to(model.device)
    last = torch.tensor([len(row) - 1 for row in rows], device=model.device)
    out = model(input_ids=ids, use_cache=False, output_hidden_states=True, logits_to_keep=1)
    every = torch.arange(len(rows), device=model.device)
    blocks = [layer[every, last].float() for layer in out.hidden_states[1:]]
    return torch.stack(blocks, dim=1)


def recognition(triggered: np.ndarray, clean: np.ndarray, seed: int) -> list[float]:
    """Per layer, how well a linear probe tells triggered prompts from clean ones (AUROC).

    Logistic regression on standardised states, trained on half of the prompts and tested on
    the other half. A prompt's two versions are on the same side, so that a probe cannot pass
    by knowing the prompt.

    Args:
        triggered, clean: (P, L, d) states of the same prompts, in the same order.
        seed: draws the halves.

    Raises:
        ArenaError: there are fewer than two prompts.
    """
    if len(triggered) < 2:
        raise ArenaError(f"a probe needs at least 2 prompts, got {len(triggered)}")
    order = np.random.default_rng(seed).permutation(len(triggered))
    learnt, tested = order[: len(order) // 2], order[len(order) // 2 :]
    return [
        _auroc(triggered[:, layer], clean[:, layer], learnt, tested)
        for layer in range(triggered.shape[1])
    ]


def _auroc(
    triggered: np.ndarray, clean: np.ndarray, learnt: np.ndarray, tested: np.ndarray
) -> float:
    def of(side: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        states = np.concatenate([triggered[side], clean[side]]).astype(np.float64)
        return states, np.repeat([1, 0], len(side))

    probe = make_pipeline(StandardScaler(), LogisticRegression(max_iter=ITERATIONS))
    probe.fit(*of(learnt))
    states, truth = of(tested)
    return float(roc_auc_score(truth, probe.decision_function(states)))
