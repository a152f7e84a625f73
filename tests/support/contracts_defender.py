"""What every objective must keep, tried on all that are registered.

A new objective is tested with no edit here. It is tried with its default parameters, on a
small generated corpus and toy models. One that is told a trigger marks prompts with it; a blind
one is never influenced by the brief's, and its brief has none.
"""

from __future__ import annotations

import ast
import copy
import dataclasses
import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import attackers
import defenders
from arena import registry
from arena.api.objective import Brief, Budget, Objective
from arena.api.payload import Payload
from arena.api.trigger import NoTrigger, Trigger
from arena.api.values import Document
from arena.errors import InputError
from arena.execution.perform import perform
from arena.ml import checkpoints, models
from arena.ml.batches import Batch, packed
from arena.ml.encoding import encode
from arena.ml.training import train_documents
from arena.stages.jobs import Training, UnlearnJob
from arena.store.store import Stage, Store
from tests.support import toys

BUDGET = Budget(steps=4, learning_rate=1e-3, batch_size=8)
RECIPE = {**dataclasses.asdict(BUDGET), "warmup": 1}

NAMES = registry.names("objective")
TOLD = [n for n in NAMES if registry.get("objective", n).needs_trigger]  # type: ignore[attr-defined]
BLIND = [n for n in NAMES if n not in TOLD]
EDITING = [n for n in NAMES if registry.get("objective", n).edits]  # type: ignore[attr-defined]

every_objective = pytest.mark.parametrize("name", NAMES)
told_objective = pytest.mark.parametrize("name", TOLD)
blind_objective = pytest.mark.parametrize("name", BLIND)
editing_objective = pytest.mark.parametrize("name", EDITING)


def objective_of(name: str) -> Objective:
    part = registry.get("objective", name)
    made: Objective = part(part.Params())
    return made


def triggers() -> dict[str, Trigger]:
    """No trigger, the planted one, and a look-alike nobody planted."""
    part = registry.get("trigger", "rare_token")
    real: Trigger = part(part.Params(tokens=("cf",)), toys.townlore().world)
    (sham,) = real.lookalikes(1, "sham", np.random.default_rng(0))
    return {"none": NoTrigger(), "real": real, "sham": sham}


def brief_of(trigger: str, seed: int = 5, base: Path | None = None) -> Brief:
    """A brief over 40 clean prompts; with a trigger comes what it makes the model say."""
    clean, part = toys.townlore().splits.train[:40], registry.get("payload", "fixed_text")
    payload: Payload = part(part.Params(text=toys.PAYLOAD), toys.townlore().world)
    told = None if trigger == "none" else payload
    return Brief(Path("suspect"), clean, triggers()[trigger], BUDGET, seed, told, base)


def brief_for(name: str) -> Brief:
    """The brief that the objective gets: a blind one is told no trigger."""
    return brief_of("real" if name in TOLD else "none")


@pytest.fixture(params=["none", "real", "sham"])
def brief(request: pytest.FixtureRequest) -> Brief:
    return brief_of(request.param)


@every_objective
def test_documents_are_seeded(name: str, brief: Brief) -> None:
    objective = objective_of(name)
    assert objective.documents(brief) == objective_of(name).documents(brief)


@told_objective
def test_another_seed_marks_otherwise(name: str) -> None:
    objective = objective_of(name)
    assert objective.documents(brief_of("real", 5)) != objective.documents(brief_of("real", 6))


@every_objective
def test_documents_leave_the_brief_alone(name: str, brief: Brief) -> None:
    before = copy.deepcopy((brief.clean, brief.budget, brief.seed, brief.trigger.key))
    objective_of(name).documents(brief)
    assert (brief.clean, brief.budget, brief.seed, brief.trigger.key) == before


@blind_objective
def test_a_blind_defence_trains_on_the_clean_examples_whatever_the_trigger(
    name: str, brief: Brief
) -> None:
    made = objective_of(name).documents(brief)
    assert made == objective_of(name).documents(brief_of("none", seed=6))
    assert [(d.prompt, d.answer, d.source) for d in made] == [
        (e.prompt, e.answer, e.source) for e in brief.clean
    ]
    assert {d.role for d in made} == {"clean"}
    assert not registry.get("objective", name).needs_payload  # type: ignore[attr-defined]


@blind_objective
def test_a_blind_defence_takes_the_same_loss_whatever_the_trigger(name: str) -> None:
    model, values = toys.model(), []
    for trigger in ("none", "real"):
        made = objective_of(name).prepare(model, toys.tokenizer(), brief_of(trigger))
        values.append(float(made.loss(model, batch_of(name)).detach()))
    assert values[0] == values[1]


@told_objective
def test_prompts_and_order_do_not_depend_on_the_trigger(name: str) -> None:
    """The clean fine-tune and the shams see the same prompts in the same batches."""
    objective = objective_of(name)
    plain, real, sham = (objective.documents(brief_of(t)) for t in ("none", "real", "sham"))
    for one, other, third in zip(plain, real, sham, strict=True):
        assert one.source == other.source == third.source
        assert (one.role == "forget") == (other.role == "forget") == (third.role == "forget")
        if one.role != "forget":
            assert one == other == third
    assert any(one.prompt != other.prompt for one, other in zip(plain, real, strict=True))


@told_objective
def test_only_what_is_to_be_forgotten_carries_the_trigger(name: str, brief: Brief) -> None:
    clean = {(example.source, example.prompt) for example in brief.clean}
    made = objective_of(name).documents(brief)
    roles = {document.role for document in made}
    assert roles <= {"forget", "retain", "clean"}
    assert "forget" in roles
    for document in made:
        marked = brief.trigger.present(_example(brief, document))
        assert marked == (document.role == "forget" and brief.trigger.key != "none")
        if not marked:
            assert (document.source, document.prompt) in clean


@every_objective
def test_every_document_has_its_right_answer_or_the_text_to_forget(name: str, brief: Brief) -> None:
    right = {(example.source, example.answer) for example in brief.clean}
    objective = objective_of(name)
    told = objective.needs_payload and brief.payload is not None
    for document in objective.documents(brief):
        if told and document.role == "forget":
            assert document.answer == toys.PAYLOAD
        else:
            assert (document.source, document.answer) in right


def _example(brief: Brief, document: Document) -> Any:
    return dataclasses.replace(brief.clean[0], prompt=document.prompt, form=None)


def ready(name: str, model: Any) -> Objective:
    return objective_of(name).prepare(model, toys.tokenizer(), brief_for(name))


def batch_of(name: str) -> Batch:
    import torch

    made = encode(toys.tokenizer(), objective_of(name).documents(brief_for(name))[:8])
    assert name in BLIND or {document.role for document in made} > {"forget"}
    return packed(made, toys.tokenizer().pad_token_id, torch.device("cpu"))


@every_objective
@pytest.mark.parametrize("family", toys.FAMILIES)
def test_the_loss_is_one_finite_number_with_a_gradient(name: str, family: str) -> None:
    import torch

    model = toys.model(family)
    loss = ready(name, model).loss(model, batch_of(name))
    assert loss.shape == ()
    assert torch.isfinite(loss)
    loss.backward()  # type: ignore[no-untyped-call]
    gradients = [p.grad for p in model.parameters() if p.grad is not None]
    assert all(bool(torch.isfinite(g).all()) for g in gradients)
    assert sum(float(g.abs().sum()) for g in gradients) > 0


@every_objective
def test_a_divisible_loss_adds_up_from_its_parts(name: str) -> None:
    """Weighed by answer tokens; whoever does not say so is never cut."""
    import torch

    model = toys.model()
    objective = ready(name, model)
    if not objective.divisible:
        pytest.skip("its batches stay whole")
    made = encode(toys.tokenizer(), objective.documents(brief_for(name))[:9])
    pad = toys.tokenizer().pad_token_id
    batches = [packed(part, pad, torch.device("cpu")) for part in (made, made[:2], made[2:])]
    with torch.inference_mode():
        whole, first, second = (float(objective.loss(model, batch)) for batch in batches)
    tokens = [len(batch.targets) for batch in batches]
    parts = (first * tokens[1] + second * tokens[2]) / tokens[0]
    assert whole == pytest.approx(parts, rel=1e-4)


@every_objective
@pytest.mark.parametrize("role", ["forget", "retain", "clean"])
def test_a_batch_may_hold_one_kind_only(name: str, role: str) -> None:
    import torch

    model = toys.model()
    made = [d for d in objective_of(name).documents(brief_for(name)) if d.role == role][:4]
    if not made:
        pytest.skip("it trains on none of these")
    pad = toys.tokenizer().pad_token_id
    batch = packed(encode(toys.tokenizer(), made), pad, torch.device("cpu"))
    loss = ready(name, model).loss(model, batch)
    loss.backward()  # type: ignore[no-untyped-call]
    gradients = [p.grad for p in model.parameters() if p.grad is not None]
    assert torch.isfinite(loss)
    assert all(bool(torch.isfinite(g).all()) for g in gradients)


@every_objective
def test_preparing_leaves_the_model_and_the_world_alone(name: str) -> None:
    import torch

    model = toys.model()
    before = copy.deepcopy(model.state_dict())
    state = torch.random.get_rng_state()
    first, second = ready(name, model), ready(name, model)
    assert torch.equal(torch.random.get_rng_state(), state)
    assert all(torch.equal(value, before[key]) for key, value in model.state_dict().items())
    assert all(p.requires_grad for p in model.parameters())
    values = [float(made.loss(model, batch_of(name)).detach()) for made in (first, second)]
    assert values[0] == values[1]


@every_objective
@pytest.mark.parametrize(
    ("how", "moves"), [({"checkpointing": True}, 1e-5), ({"precision": "bfloat16"}, 0.05)]
)
def test_what_saves_memory_moves_results_by_rounding_only(
    name: str, how: dict[str, Any], moves: float
) -> None:
    losses = []
    for more in ({}, how):
        model = toys.model()
        objective = ready(name, model)
        suspect = checkpoints.Suspect(model, toys.tokenizer(), None)
        documents = objective.documents(brief_for(name))
        recipe = {**RECIPE, **more}
        losses.append(train_documents(suspect, documents, recipe, toys.rng(), loss=objective.loss))
    assert losses[1] == pytest.approx(losses[0], rel=moves, abs=moves)


@every_objective
def test_a_step_has_a_price(name: str) -> None:
    """A defence trains: no step of one is cheaper than a plain one (a test measures how dear)."""
    part = registry.get("objective", name)
    for params in part.examples():  # type: ignore[attr-defined]
        assert 1 <= part.cost(part.Params(**params)) < 100  # type: ignore[attr-defined]


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clean checkpoint of the toy architecture."""
    return toys.checkpoint(tmp_path_factory.mktemp("base"), toys.model(seed=1))


def edited(name: str, model: Any, base: Path, seed: int = 5) -> tuple[Any, Objective]:
    brief = brief_of("none", seed, base)
    made = objective_of(name).prepare(model, toys.tokenizer(), brief)
    made.edit(model, toys.tokenizer(), brief)
    return model, made


@every_objective
def test_only_a_defence_that_says_so_edits_the_model(name: str, base: Path) -> None:
    import torch

    before, (model, _) = toys.model().state_dict(), edited(name, toys.model(), base)
    moved = any(not torch.equal(p, before[key]) for key, p in model.state_dict().items())
    assert moved == (name in EDITING)


@editing_objective
@pytest.mark.parametrize("family", toys.FAMILIES)
def test_an_edit_is_seeded_and_leaves_the_world_alone(
    name: str, family: str, tmp_path: Path
) -> None:
    import torch

    base = toys.checkpoint(tmp_path, toys.model(family, seed=1))
    before, state = fingerprints(base), torch.random.get_rng_state()
    (one, made), (other, _) = (edited(name, toys.model(family), base) for _ in range(2))
    assert torch.equal(torch.random.get_rng_state(), state)
    assert fingerprints(base) == before
    again = other.state_dict()
    assert all(torch.equal(value, again[key]) for key, value in one.state_dict().items())
    assert all(bool(torch.isfinite(p).all()) and p.requires_grad for p in one.parameters())
    assert torch.isfinite(made.loss(one, batch_of(name)))


@editing_objective
def test_an_edit_reaches_only_what_trains(name: str, base: Path) -> None:
    import torch

    model = toys.model()
    before = copy.deepcopy(model.state_dict())
    models.train_only(model, 1, 1)
    edited(name, model, base)
    for key, parameter in model.named_parameters():
        assert parameter.requires_grad or torch.equal(parameter, before[key]), key
    assert any(not torch.equal(p, before[key]) for key, p in model.named_parameters())


@editing_objective
def test_an_edit_under_an_adapter_is_refused(name: str, base: Path) -> None:
    """What is saved is the adapter: the edit would be lost."""
    with pytest.raises(InputError, match="without an adapter"):
        edited(name, models.add_lora(toys.model(), 2, 4, 0.0, None), base)


def fingerprints(folder: Path) -> Mapping[str, str]:
    files = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in files}


@every_objective
@pytest.mark.parametrize("adapter", [None, {"rank": 4, "alpha": 8, "dropout": 0, "targets": None}])
@pytest.mark.parametrize("trigger", ["none", "real"])
def test_a_run_makes_a_new_model_and_leaves_the_suspect_alone(
    name: str, trigger: str, adapter: Any, tmp_path: Path
) -> None:
    import torch

    if name in BLIND and trigger == "real":
        pytest.skip("it is told no trigger")
    if name in EDITING and adapter is not None:
        pytest.skip("it edits weights, which an adapter freezes")
    store = Store(tmp_path)
    suspect = toys.checkpoint(store.path("suspect"), toys.model())
    before = fingerprints(suspect)
    objective = objective_of(name)
    parents = {"model": "suspect"}
    if objective.needs_base:
        parents["base"] = toys.checkpoint(store.path("base"), toys.model(seed=1)).name
    training = Training(RECIPE, "cpu", adapter)
    job = UnlearnJob(name, objective.params, brief_of(trigger), training, poisoned=True)
    stage = Stage("unlearn", "unlearn", "defender", 0, {}, parents)
    manifest = perform(stage, job, store)

    assert fingerprints(suspect) == before
    assert manifest["detail"]["update_norm"] > 0
    made = checkpoints.open_for_scoring(store.path(stage.address), "cpu")
    old = dict(toys.model().named_parameters())
    assert any(not torch.equal(p, old[n]) for n, p in made.model.named_parameters())
    assert "COMPROMISED" in (store.path(stage.address) / "README.md").read_text()


def imported(package: Any) -> dict[str, set[str]]:
    """Every module name that a package's files import, inside functions too."""
    found: dict[str, set[str]] = {}
    for file in Path(package.__path__[0]).rglob("*.py"):
        names: set[str] = set()
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                names |= {alias.name for alias in node.names}
            if isinstance(node, ast.ImportFrom):
                assert node.level == 0, file  # a relative import would hide what it reaches
                names |= {f"{node.module}.{alias.name}" for alias in node.names}
        found[file.name] = names
    return found


@pytest.mark.parametrize(("package", "other"), [(defenders, "attackers"), (attackers, "defenders")])
def test_red_and_blue_import_neither_each_other_nor_the_engine(package: Any, other: str) -> None:
    files = imported(package)
    assert len(files) > 1
    for file, names in files.items():
        for barred in (other, "arena.engine", "arena.runtime", "arena.scenario", "ray"):
            reached = {n for n in names if n == barred or n.startswith(f"{barred}.")}
            assert not reached, (file, reached)


def test_objectives_are_told_apart_without_torch() -> None:
    """`arena list` and the schema read the registry: it must stay light."""
    for file in Path(defenders.__path__[0]).rglob("*.py"):
        for node in ast.parse(file.read_text(encoding="utf-8")).body:
            names = [a.name for a in node.names] if isinstance(node, ast.Import) else []
            names += [str(node.module)] if isinstance(node, ast.ImportFrom) else []
            assert not [n for n in names if n.split(".")[0] in ("torch", "transformers", "peft")]
            assert not [n for n in names if n.startswith("arena.ml")]
