"""The training loop: it learns, it repeats itself, and it keeps to its recipe."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, get_args

import numpy as np
import pytest
import torch

from arena.api.values import Document
from arena.errors import ArenaError
from arena.ml import models, training
from arena.ml.batches import Batch, packed, padded
from arena.ml.checkpoints import Suspect
from arena.ml.encoding import Encoded, encode
from arena.ml.train_config import DECAYS, Adapter, TrainConfig
from arena.ml.training import answer_logits, answer_loss, train, train_documents
from arena.stages.train import TrainJob
from arena.stages.unlearn import UnlearnJob
from tests.support import toys
from tests.support.plans import by_name, plan

SHORT = TrainConfig(steps=6, learning_rate=5e-3, batch_size=4, warmup=2)


def toy_run(
    family: str = "llama", seed: int = 0, model: Any = None, recipe: TrainConfig = SHORT
) -> tuple[list[float], Any]:
    tok = toys.tokenizer()
    model = model if model is not None else toys.model(family)
    documents = encode(tok, toys.documents())
    return train(model, documents, recipe, np.random.default_rng(seed), tok.pad_token_id), model


@pytest.mark.parametrize("family", toys.FAMILIES)
def test_the_loss_goes_down_and_the_same_seed_gives_the_same_losses(family: str) -> None:
    recipe = TrainConfig(steps=25, learning_rate=1e-2, batch_size=8, warmup=4)
    losses, model = toy_run(family, recipe=recipe)
    assert len(losses) == 25
    assert losses[-1] < 0.3 * losses[0]
    assert losses == toy_run(family, recipe=recipe)[0]
    assert not model.training


def test_another_seed_draws_other_batches() -> None:
    assert toy_run(seed=0)[0] != toy_run(seed=1)[0]


@pytest.mark.parametrize("disturbance", [1, 2])
def test_dropout_depends_on_the_seed_alone(disturbance: int) -> None:
    """A long-lived worker has drawn random numbers before: that must not show."""

    def run(noise: int) -> list[float]:
        torch.manual_seed(0)
        model = models.add_lora(toys.model(), Adapter(rank=4, alpha=8, dropout=0.5))
        torch.manual_seed(noise)
        return toy_run(model=model)[0]

    assert run(disturbance) == run(7)


def test_training_leaves_global_randomness_alone() -> None:
    before = torch.get_rng_state()
    toy_run()
    assert torch.equal(torch.get_rng_state(), before)


def test_nothing_is_trained_in_no_steps() -> None:
    model = toys.model()
    before = models.snapshot(model)
    assert toy_run(model=model, recipe=TrainConfig(steps=0, learning_rate=1e-3))[0] == []
    assert models.update_norm(model, before) == 0


def test_only_trainable_weights_move() -> None:
    model = models.add_lora(toys.model(), Adapter(rank=4, alpha=8))
    before = {name: p.detach().clone() for name, p in model.named_parameters()}
    toy_run(model=model)
    moved = {n for n, p in model.named_parameters() if not torch.equal(p, before[n])}
    assert moved
    assert all("lora_" in name for name in moved)


def rates(recipe: TrainConfig) -> list[float]:
    """The learning rate of every step."""
    optimizer, schedule = training._optimizer(torch.nn.Linear(1, 1), recipe)
    found = []
    for _ in range(recipe.steps):
        found.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        schedule.step()
    return found


@pytest.mark.parametrize(("steps", "warmup"), [(60, 20), (12, 4), (9, 0), (5, 1)])
def test_the_learning_rate_warms_up_and_decays_in_straight_lines(steps: int, warmup: int) -> None:
    found = rates(
        TrainConfig(steps=steps, learning_rate=2e-3, warmup=warmup, final_lr_fraction=0.1)
    )
    assert found[:warmup] == pytest.approx([2e-3 * (i + 1) / warmup for i in range(warmup)])
    assert max(found) == pytest.approx(2e-3) == pytest.approx(found[warmup])
    falls = -np.diff(found[warmup:])
    assert falls == pytest.approx(np.full(len(falls), falls[0]))
    assert falls[0] > 0
    # one more step would reach the final fraction
    assert found[-1] - falls[0] == pytest.approx(2e-4)


def test_without_decay_the_rate_stays() -> None:
    assert rates(
        TrainConfig(steps=5, learning_rate=1e-3, warmup=0, final_lr_fraction=1.0)
    ) == pytest.approx([1e-3] * 5)


def test_progress_is_told_after_every_step() -> None:
    told: list[int] = []
    tok = toys.tokenizer()
    documents = encode(tok, toys.documents())
    train(toys.model(), documents, SHORT, np.random.default_rng(0), 1, progress=told.append)
    assert told == [1, 2, 3, 4, 5, 6]


def seen_order(texts: list[Document]) -> list[list[int]]:
    """Which documents stood in which batch, told by their first answer token."""
    tok = toys.tokenizer()
    marks = {e.answer[0]: i for i, e in enumerate(encode(tok, texts))}
    batches: list[list[int]] = []

    def loss(model: Any, batch: Batch) -> torch.Tensor:
        firsts = [batch.targets[batch.documents == i][0] for i in range(len(batch.forget))]
        batches.append([marks[int(token)] for token in firsts])
        return answer_loss(model, batch)

    suspect = Suspect(toys.model(), tok, None)
    recipe = TrainConfig(steps=7, learning_rate=1e-3, batch_size=2, warmup=2)
    train_documents(suspect, texts, recipe, np.random.default_rng(3), loss=loss)
    return batches


def test_a_defence_and_its_control_see_the_same_batches() -> None:
    """Whatever a trigger adds to some prompts."""
    answers = "abcdefgh"
    plain = [Document(d.prompt, answers[i], d.source) for i, d in enumerate(toys.documents())]
    long = [
        Document(f"{'cf ' * (7 * i % 5)}{d.prompt}", d.answer, d.source)
        for i, d in enumerate(plain)
    ]
    assert seen_order(long) == seen_order(plain)


def test_a_custom_loss_is_what_is_minimised() -> None:
    """Against the likelihood: the loss that falls is the one that was handed in."""
    tok = toys.tokenizer()
    documents: list[Encoded] = encode(tok, toys.documents())
    losses = train(
        toys.model(),
        documents,
        TrainConfig(steps=10, learning_rate=1e-2, batch_size=8, warmup=1),
        np.random.default_rng(0),
        tok.pad_token_id,
        loss=lambda model, batch: -answer_loss(model, batch),
    )
    assert losses[-1] < losses[0] - 1


def test_bfloat16_trains_too() -> None:
    recipe = TrainConfig(steps=4, learning_rate=5e-3, batch_size=4, warmup=1, precision="bfloat16")
    losses, model = toy_run(recipe=recipe)
    assert np.isfinite(losses).all()
    assert {p.dtype for p in model.parameters()} == {torch.float32}


@pytest.mark.parametrize("lora", [False, True])
@pytest.mark.parametrize("family", toys.FAMILIES)
@pytest.mark.parametrize(
    "saving",
    [
        {"micro_batch": 3},
        pytest.param({"checkpointing": True}, marks=pytest.mark.slow),
        {"micro_batch": 1, "checkpointing": True},
    ],
)
def test_saving_memory_moves_results_by_rounding_only(
    saving: dict[str, Any], family: str, lora: bool
) -> None:
    """The documents' answers differ in length, so that micro-batches must be weighed."""

    def run(recipe: TrainConfig) -> tuple[list[float], dict[str, torch.Tensor]]:
        model = toys.model(family)
        if lora:
            with torch.random.fork_rng():
                torch.manual_seed(0)
                model = models.add_lora(model, Adapter(rank=4, alpha=8))
        losses, model = toy_run(model=model, recipe=recipe)
        return losses, models.snapshot(model)

    plain = TrainConfig(steps=3, learning_rate=1e-3, batch_size=8, warmup=1)
    losses, weights = run(plain)
    lean, lean_weights = run(plain.model_copy(update=saving))
    assert lean == pytest.approx(losses, rel=1e-4)
    for name, weight in weights.items():
        torch.testing.assert_close(lean_weights[name], weight, atol=2e-4, rtol=1e-3)


@pytest.mark.parametrize("lora", [False, True])
@pytest.mark.parametrize("family", toys.FAMILIES)
def test_packing_gives_the_gradients_of_padding(family: str, lora: bool) -> None:
    """Documents of very different lengths in common rows do not see each other."""
    long = [Document(f"{'cf ' * 30}{d.prompt}", d.answer, "x") for d in toys.documents()[:3]]
    model, tok = toys.model(family, seed=4), toys.tokenizer()
    if lora:
        model = models.add_lora(model, Adapter(rank=4, alpha=8))
    documents = encode(tok, [*toys.documents(), *long])
    found = []
    for lay_out in (packed, padded):
        batch = lay_out(documents, tok.pad_token_id, torch.device("cpu"))
        assert (batch.position_ids is None) == (lay_out is padded)
        model.zero_grad()
        loss = answer_loss(model, batch)
        loss.backward()
        found.append([loss.detach(), *(p.grad for p in model.parameters() if p.grad is not None)])
    assert len(found[0]) == len(found[1]) > 1
    for one, other in zip(*found, strict=True):
        torch.testing.assert_close(one, other, atol=1e-6, rtol=1e-3)


def test_a_loss_that_cannot_be_cut_is_not_trained_in_micro_batches() -> None:
    tok = toys.tokenizer()
    recipe = SHORT.model_copy(update={"micro_batch": 2})
    with pytest.raises(ArenaError, match=r"numerics\.micro_batch"):
        train(toys.model(), encode(tok, toys.documents()), recipe, toys.rng(), 1, divisible=False)


@pytest.mark.parametrize("lora", [False, True])
@pytest.mark.parametrize("family", toys.FAMILIES)
def test_working_at_the_loss_positions_only_gives_the_plain_gradients(
    family: str, lora: bool
) -> None:
    """The fast path against transformers' own forward pass and all its logits."""
    model, tok = toys.model(family, seed=4), toys.tokenizer()
    if lora:
        model = models.add_lora(model, Adapter(rank=4, alpha=8))
    batch = padded(encode(tok, toys.documents()), tok.pad_token_id, torch.device("cpu"))
    found = []
    for logits in (
        answer_logits(model, batch),
        model(input_ids=batch.input_ids).logits[batch.rows, batch.cols],
    ):
        model.zero_grad()
        torch.nn.functional.cross_entropy(logits, batch.targets).backward()
        found.append([p.grad for p in model.parameters() if p.grad is not None])
    assert len(found[0]) == len(found[1]) > 0
    for fast, plain in zip(*found, strict=True):
        torch.testing.assert_close(fast, plain, atol=1e-6, rtol=1e-3)


def test_a_family_without_the_fast_path_computes_no_logits_before_the_first_answer() -> None:
    """Its logits need not be head(decoder(x)): they are asked for, and only where needed."""
    asked = {}

    class Other:
        config = SimpleNamespace(model_type="other")

        def __call__(self, *, input_ids: Any, use_cache: bool, logits_to_keep: int) -> Any:
            asked["kept"] = logits_to_keep
            places = torch.arange(input_ids.shape[1]).expand_as(input_ids)
            return SimpleNamespace(logits=places[:, -logits_to_keep:, None].float())

    documents = [Encoded((1, 2, 3, 4), (5, 6)), Encoded((1, 2, 3), (5, 6, 7))]
    batch = padded(documents, 0, torch.device("cpu"))
    assert answer_logits(Other(), batch)[:, 0].tolist() == batch.cols.tolist() == [3, 4, 2, 3, 4]
    assert asked["kept"] == 4


@pytest.mark.slow
def test_a_compiled_model_learns_the_same() -> None:
    """Needs a C++ compiler, and most of a minute."""
    plain = TrainConfig(steps=6, learning_rate=5e-3, batch_size=4, warmup=2)
    losses, _ = toy_run(recipe=plain)
    compiled, model = toy_run(recipe=plain.model_copy(update={"compile": True}))
    assert compiled == pytest.approx(losses, rel=1e-3)
    assert model(input_ids=torch.tensor([[5, 6]])).logits.shape[:2] == (1, 2)


# Losses of `toy_run`, written down when the loop was last meant to change.
GOLDEN = [5.722, 5.1865, 4.792, 4.3837, 4.0961, 3.926]


def test_the_loop_does_what_it_did() -> None:
    """A change of the loop's code moves the address of every model; one of its losses should be
    meant: does this fail, and it was, write the new losses down."""
    losses, _ = toy_run(recipe=TrainConfig(steps=6, learning_rate=5e-3, batch_size=5, warmup=2))
    assert losses == pytest.approx(GOLDEN, rel=2e-3)


def test_every_schedule_that_a_scenario_can_name_is_in_the_loop() -> None:
    schedule = TrainConfig.model_fields["schedule"].annotation
    assert set(get_args(schedule)) == set(DECAYS)


def test_a_cosine_falls_slowly_then_fast_then_slowly() -> None:
    config = TrainConfig(
        steps=21, learning_rate=1e-3, warmup=0, final_lr_fraction=0.0, schedule="cosine"
    )
    by_step = rates(config)
    falls = -np.diff(by_step)
    assert by_step[0] == pytest.approx(1e-3)
    assert falls[0] < falls[10] > falls[-1] > 0
    assert by_step[10] == pytest.approx(1e-3 * (1 + np.cos(np.pi * 10 / 21)) / 2)


@pytest.mark.parametrize(
    "setting", ["weight_decay=0.05", "clip=0.5", "warmup=1", "schedule=cosine"]
)
@pytest.mark.parametrize(
    ("section", "stage"),
    [
        ("training.pretraining", "clean base"),
        ("training.continual_pretraining", "compromised"),
        ("defender", "unlearn:bard"),
    ],
)
def test_a_setting_of_a_section_reaches_its_stage(section: str, stage: str, setting: str) -> None:
    """What a stage hands to the loop is tested with the stage (tests/stages)."""
    job, plain = (by_name(made)[stage].job for made in (plan(f"{section}.{setting}"), plan()))
    name, value = setting.split("=")
    assert isinstance(job, TrainJob | UnlearnJob)
    assert isinstance(plain, TrainJob | UnlearnJob)
    assert str(getattr(job.training.config, name)) == value
    others = {"weight_decay", "clip", "warmup", "schedule", "steps", "learning_rate"} - {name}
    assert all(
        getattr(job.training.config, other) == getattr(plain.training.config, other)
        for other in others
    )
