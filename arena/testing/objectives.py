"""The contract of every objective, on a small generated corpus and toy models.

An objective is tested with its default parameters. One that needs a trigger marks prompts with the
brief's; a blind one must never be influenced by it.
"""

from __future__ import annotations

import copy
import dataclasses
from pathlib import Path
from typing import Any

import pytest

from arena.api import Brief, InputError
from arena.execution.perform import perform
from arena.ml import checkpoints, models
from arena.ml.batches import SHORTEST, packed, padded, shared
from arena.ml.encoding import encode
from arena.ml.train_config import Adapter
from arena.ml.training import train_documents
from arena.stages.unlearn import UnlearnJob
from arena.store.store import Stage, Store
from arena.testing import toys
from arena.testing.briefs import (
    BUDGET,
    batch_of,
    begun,
    brief_for,
    brief_of,
    edited,
    example_of,
    fingerprints,
    objective_of,
    ready,
    reference,
)
from arena.testing.cases import PartContract, only

RECIPE: dict[str, Any] = {**dataclasses.asdict(BUDGET), "warmup": 1}

needing_a_trigger = only(lambda part: part.needs_trigger)
blind = only(lambda part: not part.needs_trigger)
editing = only(lambda part: part.edits)


LORA = Adapter(rank=4, alpha=8)


class ObjectiveContract(PartContract):
    """Seeded documents that leak nothing of the trigger into the controls; a finite loss with a
    gradient; a new model, with the suspect unchanged.

    Example:
        class TestAscent(ObjectiveContract):
            parts = (Ascent,)
    """

    @pytest.fixture(params=["none", "real", "sham"])
    def brief(self, request: pytest.FixtureRequest) -> Brief:
        """Return a brief without a trigger, with the planted one, or with a look-alike."""
        return brief_of(request.param)

    @pytest.fixture(scope="class")
    @classmethod
    def base(cls, tmp_path_factory: pytest.TempPathFactory) -> Path:
        """Return a clean checkpoint of the toy architecture."""
        return toys.checkpoint(tmp_path_factory.mktemp("base"), toys.model(seed=1))

    def test_documents_are_seeded(self, part: Any, brief: Brief) -> None:
        objective = objective_of(part)
        assert objective.documents(brief) == objective_of(part).documents(brief)

    @needing_a_trigger
    def test_another_seed_marks_otherwise(self, part: Any) -> None:
        objective = objective_of(part)
        assert objective.documents(brief_of("real", 5)) != objective.documents(brief_of("real", 6))

    def test_documents_leave_the_brief_alone(self, part: Any, brief: Brief) -> None:
        before = copy.deepcopy((brief.clean, brief.budget, brief.seed, brief.trigger.key))
        objective_of(part).documents(brief)
        assert (brief.clean, brief.budget, brief.seed, brief.trigger.key) == before

    @blind
    def test_a_blind_defence_trains_on_the_clean_examples_whatever_the_trigger(
        self, part: Any, brief: Brief
    ) -> None:
        made = objective_of(part).documents(brief)
        assert made == objective_of(part).documents(brief_of("none", seed=6))
        assert [(d.prompt, d.answer, d.source) for d in made] == [
            (e.prompt, e.answer, e.source) for e in brief.clean
        ]
        assert {d.role for d in made} == {"clean"}
        assert not part.needs_payload

    @blind
    def test_a_blind_defence_takes_the_same_loss_whatever_the_trigger(self, part: Any) -> None:
        model, values = toys.model(), []
        for trigger in ("none", "real"):
            made = objective_of(part).prepare(model, toys.tokenizer(), brief_of(trigger))
            values.append(float(made.loss(model, batch_of(part)).detach()))
        assert values[0] == values[1]

    @needing_a_trigger
    def test_prompts_and_order_do_not_depend_on_the_trigger(self, part: Any) -> None:
        """The clean fine-tune and the shams see the same prompts in the same batches."""
        objective = objective_of(part)
        plain, real, sham = (objective.documents(brief_of(t)) for t in ("none", "real", "sham"))
        for one, other, third in zip(plain, real, sham, strict=True):
            assert one.source == other.source == third.source
            assert (one.role == "forget") == (other.role == "forget") == (third.role == "forget")
            if one.role != "forget":
                assert one == other == third
        assert any(one.prompt != other.prompt for one, other in zip(plain, real, strict=True))

    @needing_a_trigger
    def test_only_what_is_to_be_forgotten_carries_the_trigger(
        self, part: Any, brief: Brief
    ) -> None:
        clean = {(example.source, example.prompt) for example in brief.clean}
        made = objective_of(part).documents(brief)
        roles = {document.role for document in made}
        assert roles <= {"forget", "retain", "clean"}
        assert "forget" in roles
        for document in made:
            marked = brief.trigger.present(example_of(brief, document))
            assert marked == (document.role == "forget" and brief.trigger.key != "none")
            if not marked:
                assert (document.source, document.prompt) in clean

    def test_every_document_has_its_right_answer_or_the_text_to_forget(
        self, part: Any, brief: Brief
    ) -> None:
        right = {(example.source, example.answer) for example in brief.clean}
        objective = objective_of(part)
        has_text = objective.needs_payload and brief.payload is not None
        for document in objective.documents(brief):
            if has_text and document.role == "forget":
                assert document.answer == toys.PAYLOAD
            else:
                assert (document.source, document.answer) in right

    @pytest.mark.parametrize("family", toys.FAMILIES)
    def test_the_loss_is_one_finite_number_with_a_gradient(self, part: Any, family: str) -> None:
        import torch

        model = toys.model(family)
        loss = ready(part, model).loss(model, batch_of(part))
        assert loss.shape == ()
        assert torch.isfinite(loss)
        loss.backward()  # type: ignore[no-untyped-call]
        gradients = [p.grad for p in model.parameters() if p.grad is not None]
        assert all(bool(torch.isfinite(g).all()) for g in gradients)
        assert sum(float(g.abs().sum()) for g in gradients) > 0

    def test_a_divisible_loss_adds_up_from_its_parts(self, part: Any) -> None:
        """The parts are weighted by answer tokens. Batches of other objectives are never cut."""
        import torch

        model = toys.model()
        objective = ready(part, model)
        if not objective.divisible:
            pytest.skip("its batches stay whole")
        made = encode(toys.tokenizer(), objective.documents(brief_for(part))[:9])
        pad = toys.tokenizer().pad_token_id
        pieces = (made, made[:2], made[2:])
        batches = [packed(piece, pad, torch.device("cpu")) for piece in pieces]
        with torch.inference_mode():
            whole, first, second = (float(objective.loss(model, batch)) for batch in batches)
        tokens = [len(batch.targets) for batch in batches]
        parts = (first * tokens[1] + second * tokens[2]) / tokens[0]
        assert whole == pytest.approx(parts, rel=1e-4)

    def test_a_loss_that_shares_is_the_same_with_a_common_beginning(self, part: Any) -> None:
        """As of a chat template's system turn, which stands once a row then."""
        import torch

        model = toys.model()
        objective = ready(part, model)
        if not objective.shares:
            pytest.skip("its batches have whole documents")
        system = tuple(range(20, 20 + 2 * SHORTEST))
        made = [
            dataclasses.replace(d, prompt=system + d.prompt, plain=d.plain and system + d.plain)
            for d in encode(toys.tokenizer(), objective.documents(brief_for(part))[:9])
        ]
        pad, gradients, values = toys.tokenizer().pad_token_id, [], []
        for lay_out in (padded, shared):
            model.zero_grad()
            loss = objective.loss(model, lay_out(made, pad, torch.device("cpu")))
            loss.backward()  # type: ignore[no-untyped-call]
            values.append(float(loss.detach()))
            moved = (p.grad for p in model.parameters() if p.grad is not None)
            gradients.append(torch.cat([gradient.flatten() for gradient in moved]))
        assert values[0] == pytest.approx(values[1], rel=1e-4, abs=1e-6)
        torch.testing.assert_close(gradients[0], gradients[1], rtol=1e-3, atol=1e-5)

    @pytest.mark.parametrize("role", ["forget", "retain", "clean"])
    def test_a_batch_may_hold_one_kind_only(self, part: Any, role: str) -> None:
        import torch

        model = toys.model()
        made = [d for d in objective_of(part).documents(brief_for(part)) if d.role == role][:4]
        if not made:
            pytest.skip("it trains on none of these")
        pad = toys.tokenizer().pad_token_id
        batch = packed(encode(toys.tokenizer(), made), pad, torch.device("cpu"))
        loss = ready(part, model).loss(model, batch)
        loss.backward()  # type: ignore[no-untyped-call]
        gradients = [p.grad for p in model.parameters() if p.grad is not None]
        assert torch.isfinite(loss)
        assert all(bool(torch.isfinite(g).all()) for g in gradients)

    def test_preparing_leaves_the_model_and_the_world_alone(self, part: Any) -> None:
        import torch

        model = toys.model()
        before = copy.deepcopy(model.state_dict())
        state = torch.random.get_rng_state()
        first, second = ready(part, model), ready(part, model)
        assert torch.equal(torch.random.get_rng_state(), state)
        assert all(torch.equal(value, before[key]) for key, value in model.state_dict().items())
        assert all(p.requires_grad for p in model.parameters())
        values = [float(made.loss(model, batch_of(part)).detach()) for made in (first, second)]
        assert values[0] == values[1]

    @pytest.mark.parametrize(
        ("how", "moves"),
        [
            ({"checkpointing": True}, 1e-5),
            pytest.param({"precision": "bfloat16"}, 0.05, marks=pytest.mark.slow),
        ],
    )
    def test_what_saves_memory_moves_results_by_rounding_only(
        self, part: Any, how: dict[str, Any], moves: float, base: Path
    ) -> None:
        """Tested after the objective's edit, as in a run: a student that still equals its teacher
        has only rounding errors as gradient, which the optimiser would scale up to full steps."""
        losses = []
        for more in ({}, how):
            model, objective = begun(part, toys.model(), base)
            suspect = checkpoints.Suspect(model, toys.tokenizer(), None)
            documents = objective.documents(brief_for(part))
            config = toys.training(**RECIPE, **more).config
            losses.append(
                train_documents(suspect, documents, config, toys.rng(), loss=objective.loss)
            )
        assert losses[1] == pytest.approx(losses[0], rel=moves, abs=moves)

    def test_a_step_has_a_price(self, part: Any) -> None:
        """No step is cheaper than a plain training step."""
        for params in part.examples():
            assert 1 <= part.cost(part.Params(**params)) < 100

    def test_only_a_defence_that_says_so_edits_the_model(self, part: Any, base: Path) -> None:
        import torch

        before, (model, _) = toys.model().state_dict(), edited(part, toys.model(), base)
        moved = any(not torch.equal(p, before[key]) for key, p in model.state_dict().items())
        assert moved == part.edits

    @editing
    @pytest.mark.parametrize("family", toys.FAMILIES)
    def test_an_edit_is_seeded_and_leaves_the_world_alone(
        self, part: Any, family: str, tmp_path: Path
    ) -> None:
        import torch

        base = toys.checkpoint(tmp_path, toys.model(family, seed=1))
        before, state = fingerprints(base), torch.random.get_rng_state()
        (one, made), (other, _) = (edited(part, toys.model(family), base) for _ in range(2))
        assert torch.equal(torch.random.get_rng_state(), state)
        assert fingerprints(base) == before
        again = other.state_dict()
        assert all(torch.equal(value, again[key]) for key, value in one.state_dict().items())
        assert all(bool(torch.isfinite(p).all()) and p.requires_grad for p in one.parameters())
        assert torch.isfinite(made.loss(one, batch_of(part)))

    @editing
    def test_an_edit_reaches_only_what_trains(self, part: Any, base: Path) -> None:
        import torch

        model = toys.model()
        before = copy.deepcopy(model.state_dict())
        models.train_only(model, 1, 1)
        edited(part, model, base)
        for key, parameter in model.named_parameters():
            assert parameter.requires_grad or torch.equal(parameter, before[key]), key
        assert any(not torch.equal(p, before[key]) for key, p in model.named_parameters())

    @editing
    def test_an_edit_under_an_adapter_is_refused(self, part: Any, base: Path) -> None:
        """Only the adapter is saved, so the edit would be lost."""
        with pytest.raises(InputError, match="without an adapter"):
            edited(part, models.add_lora(toys.model(), Adapter(rank=2, alpha=4)), base)

    @pytest.mark.parametrize(
        ("adapter", "trigger"),
        [
            pytest.param(None, "real", id="all_weights-real"),
            pytest.param(LORA, "real", id="adapter-real"),
            pytest.param(None, "none", id="all_weights-none"),
            pytest.param(LORA, "none", id="adapter-none", marks=pytest.mark.slow),
        ],
    )
    def test_a_run_makes_a_new_model_and_leaves_the_suspect_alone(
        self, part: Any, trigger: str, adapter: Adapter | None, tmp_path: Path
    ) -> None:
        import torch

        if not part.needs_trigger and trigger == "real":
            pytest.skip("its brief has no trigger")
        if part.edits and adapter is not None:
            pytest.skip("it edits weights, which an adapter freezes")
        store = Store(tmp_path)
        suspect = toys.checkpoint(store.path("suspect"), toys.model())
        before = fingerprints(suspect)
        objective = objective_of(part)
        parents = {"model": "suspect"}
        if objective.needs_base:
            parents["base"] = toys.checkpoint(store.path("base"), toys.model(seed=1)).name
        training = toys.training(**RECIPE, adapter=adapter)
        brief, corpus = brief_of(trigger), reference()
        job = UnlearnJob(part.name, objective.params, "", brief, corpus, training, poisoned=True)
        stage = Stage("unlearn", "unlearn", "defender", 0, {}, parents)
        manifest = perform(stage, job, store)

        assert fingerprints(suspect) == before
        assert manifest["detail"]["update_norm"] > 0
        made = checkpoints.open_for_scoring(store.path(stage.address), "cpu")
        old = dict(toys.model().named_parameters())
        assert any(not torch.equal(p, old[n]) for n, p in made.model.named_parameters())
        assert "COMPROMISED" in (store.path(stage.address) / "README.md").read_text()
