"""The baseline without the arena: transformers' Trainer, and batched `generate`.

Not a benchmark itself: the benchmarks compare the arena with it.
"""

from __future__ import annotations

import functools
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from transformers import (
    DataCollatorForSeq2Seq,
    PrinterCallback,
    Trainer,
    TrainerCallback,
    TrainingArguments,
)

from arena.api.matching import Continuation
from arena.ml.encoding import Encoded, encode_prompts
from arena.ml.train_config import DECAYS, TrainConfig

IGNORED = -100
BATCH = 256  # prompts per `generate` call


@dataclass
class Trained:
    """The loss of every step, and when each step ended (perf_counter seconds)."""

    losses: list[float] = field(default_factory=list)
    stamps: list[float] = field(default_factory=list)


class _Stamps(TrainerCallback):
    def __init__(self, stamps: list[float]) -> None:
        self._stamps = stamps

    def on_step_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        self._stamps.append(time.perf_counter())


class _Recording(Trainer):
    """The unmodified Trainer with the config's learning rates; every step's loss is kept, and read
    only at the end."""

    def __init__(self, config: TrainConfig, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._settings = config
        self.kept: list[torch.Tensor] = []

    def create_scheduler(
        self, num_training_steps: int, optimizer: torch.optim.Optimizer | None = None
    ) -> Any:
        """Use the config's schedule: loops are compared, not schedules (the stock one begins its
        warm-up and ends its decay at zero)."""
        if self.lr_scheduler is None:
            chosen = self.optimizer if optimizer is None else optimizer
            factor = functools.partial(_factor, self._settings)
            self.lr_scheduler = torch.optim.lr_scheduler.LambdaLR(chosen, factor)
        return self.lr_scheduler

    def training_step(self, *args: Any, **kwargs: Any) -> torch.Tensor:
        loss = super().training_step(*args, **kwargs)
        self.kept.append(loss)
        return loss


def train(
    model: Any, tokenizer: Any, documents: Sequence[Encoded], config: TrainConfig, seed: int
) -> Trained:
    """Train in place with the Trainer's defaults: random order, padding by the collator,
    logits at every position, fused AdamW. Steps, batch size, weight decay and learning rates
    are the config's."""
    found = Trained()
    with tempfile.TemporaryDirectory() as folder:
        trainer = _Recording(
            config,
            model=model,
            args=_arguments(folder, config, seed),
            train_dataset=[_features(document) for document in documents],
            data_collator=DataCollatorForSeq2Seq(tokenizer, label_pad_token_id=IGNORED),
            callbacks=[_Stamps(found.stamps)],
        )
        trainer.remove_callback(PrinterCallback)
        trainer.train()
    found.losses = torch.stack(trainer.kept).tolist()
    model.eval()
    return found


def _factor(config: TrainConfig, step: int) -> float:
    """Share of the peak learning rate at a step: linear warm-up, then the config's decay."""
    if step < config.warmup:
        return (step + 1) / config.warmup
    span = max(1, config.steps - config.warmup)
    decay = DECAYS[config.schedule]
    return 1.0 - decay(1.0 - config.final_lr_fraction, step - config.warmup, span)


def _arguments(folder: str, config: TrainConfig, seed: int) -> TrainingArguments:
    return TrainingArguments(
        output_dir=folder,
        max_steps=config.steps,
        per_device_train_batch_size=config.batch_size,
        learning_rate=config.learning_rate,
        weight_decay=config.weight_decay,
        seed=seed,
        use_cpu=True,
        report_to=[],
        save_strategy="no",
        logging_strategy="no",
        disable_tqdm=True,
        max_grad_norm=config.clip,
        # pinning memory helps copies to a GPU; without one it only warns
        dataloader_pin_memory=False,
    )


def _features(document: Encoded) -> dict[str, list[int]]:
    """Features with labels masked on the prompt, so that the loss is on the answer only."""
    ids = [*document.prompt, *document.answer]
    labels = [IGNORED] * len(document.prompt) + list(document.answer)
    return {"input_ids": ids, "attention_mask": [1] * len(ids), "labels": labels}


@torch.inference_mode()
def generate(
    model: Any, tokenizer: Any, prompts: Sequence[str], max_new_tokens: int, batch: int = BATCH
) -> list[Continuation]:
    """Return greedy continuations by `model.generate`: batched, left-padded, cached."""
    found: list[Continuation] = []
    encoded = encode_prompts(tokenizer, prompts)
    for start in range(0, len(encoded), batch):
        ids, mask = _padded_left(encoded[start : start + batch], tokenizer.pad_token_id)
        written = model.generate(
            input_ids=ids,
            attention_mask=mask,
            do_sample=False,
            max_new_tokens=max_new_tokens,
            pad_token_id=tokenizer.pad_token_id,
            eos_token_id=tokenizer.eos_token_id,
        )
        found += [_continuation(tokenizer, row) for row in written[:, ids.shape[1] :].tolist()]
    return found


def _padded_left(encoded: Sequence[tuple[int, ...]], pad: int) -> tuple[torch.Tensor, torch.Tensor]:
    longest = max(len(ids) for ids in encoded)
    ids = torch.tensor([[pad] * (longest - len(row)) + list(row) for row in encoded])
    mask = torch.tensor([[0] * (longest - len(row)) + [1] * len(row) for row in encoded])
    return ids, mask


def _continuation(tokenizer: Any, row: list[int]) -> Continuation:
    end = tokenizer.eos_token_id
    ended = end in row
    kept = row[: row.index(end)] if ended else row
    return Continuation(tokenizer.decode(kept, skip_special_tokens=True), ended)
