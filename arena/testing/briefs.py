"""Toy briefs, and objectives prepared for them: what the contract of objectives is tested with."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from arena import registry
from arena.api import Brief, Budget, Document, NoTrigger, Objective, Payload, Trigger
from arena.api.world import DataRoot
from arena.ml.batches import Batch, packed
from arena.ml.encoding import encode
from arena.stages.corpus import CorpusRef
from arena.testing import toys

BUDGET = Budget(steps=4, learning_rate=1e-3, batch_size=8)


def objective_of(part: Any) -> Objective:
    """Return the objective with its default parameters."""
    made: Objective = part(part.Params())
    return made


def triggers() -> dict[str, Trigger]:
    """Return no trigger, the planted one, and a look-alike that no actor planted."""
    part: Any = registry.get("trigger", "rare_token")
    real: Trigger = part(part.Params(tokens=("cf",)), toys.townlore().world)
    (sham,) = real.lookalikes(1, "sham", np.random.default_rng(0))
    return {"none": NoTrigger(), "real": real, "sham": sham}


def brief_of(trigger: str, seed: int = 5, base: Path | None = None) -> Brief:
    """Return a brief with 40 clean prompts; a trigger comes with its payload."""
    part: Any = registry.get("payload", "fixed_text")
    clean = toys.townlore().splits.train[:40]
    fixed: Payload = part(part.Params(text=toys.PAYLOAD), toys.townlore().world)
    payload = None if trigger == "none" else fixed
    return Brief(Path("suspect"), clean, triggers()[trigger], BUDGET, seed, payload, base)


def brief_for(part: Any) -> Brief:
    """Return the brief for an objective; a blind one gets no trigger."""
    return brief_of("real" if part.needs_trigger else "none")


def reference() -> CorpusRef:
    """Return the corpus of the brief's prompts."""
    part: Any = registry.get("corpus", "townlore")
    return CorpusRef.of("townlore", part.Params(places=32), 3, DataRoot())


def ready(part: Any, model: Any) -> Objective:
    """Return the objective, prepared for a run on the model."""
    return objective_of(part).prepare(model, toys.tokenizer(), brief_for(part))


def edited(part: Any, model: Any, base: Path, seed: int = 5) -> tuple[Any, Objective]:
    """Return the model after the objective's edit, and the objective."""
    brief = brief_of("none", seed, base)
    made = objective_of(part).prepare(model, toys.tokenizer(), brief)
    made.edit(model, toys.tokenizer(), brief)
    return model, made


def begun(part: Any, model: Any, base: Path) -> tuple[Any, Objective]:
    """Return the model and the objective as at the start of a run: prepared, then edited."""
    brief = dataclasses.replace(brief_for(part), base=base if part.needs_base else None)
    objective = objective_of(part).prepare(model, toys.tokenizer(), brief)
    objective.edit(model, toys.tokenizer(), brief)
    return model, objective


def batch_of(part: Any) -> Batch:
    """Return eight of its documents, of more than one role if it has a trigger."""
    import torch

    made = encode(toys.tokenizer(), objective_of(part).documents(brief_for(part))[:8])
    assert not part.needs_trigger or {document.role for document in made} > {"forget"}
    return packed(made, toys.tokenizer().pad_token_id, torch.device("cpu"))


def fingerprints(folder: Path) -> Mapping[str, str]:
    """Return the SHA-256 (hex) of every file below a folder."""
    files = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in files}


def example_of(brief: Brief, document: Document) -> Any:
    """Return the document's prompt as an example of the brief's corpus."""
    return dataclasses.replace(brief.clean[0], prompt=document.prompt, form=None)
