"""Take a model out of a run: a Hugging Face folder with a warning, and the poison that made it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from arena.api.world import DataRoot
from arena.arguments import a_path
from arena.errors import InputError
from arena.planning.graph import SeedPlan
from arena.planning.plan import plan_seed
from arena.progress.observer import Note, silent
from arena.results.reader import read_run
from arena.results.rows import Row
from arena.results.run import RunResults
from arena.results.samples import is_model
from arena.runs.answers import with_stored_answers
from arena.runs.model_card import card
from arena.runs.run import make_folder, opened
from arena.stages.lines import DOCUMENTS, read_documents
from arena.stages.poison import PoisonJob
from arena.store.store import Store, opened_store

POISON = "poison.jsonl"
BASE = "base"  # the folder of the model that an adapter is for


@dataclass(frozen=True)
class Exported:
    """An exported model: its row, its folder, and the documents of poison beside it."""

    row: Row
    folder: Path
    poison: int


def export_model(
    run: str | Path,
    model: str,
    to: str | Path,
    *,
    seed: int | None = None,
    adapter: bool = False,
    data: str | Path | None = None,
    store: str | Path | None = None,
    note: Note = silent,
) -> Exported:
    """Write a model of a run into a folder as `transformers` loads it, with a model card and, in
    Alpaca form, the poison that it or its parents were trained on.

    Example:
        >>> arena.export_model("runs/quickstart", "compromised", "model").poison
        960

    Args:
        run: the run's folder. model: name of a row, or what tables call it. seed: by default the
            run's first.
        adapter: write the LoRA adapter, and the model that it is for below `base/`, instead of
            merging them.
        data: folder of the scenario's data files, where these are not found from the run's folder.
        store: the artifact store (default: `ARENA_STORE`, or the user's cache).
        note: receives lines about what is being done.

    Raises:
        InputError: there is no such model or seed, `to` is not empty, the model is no longer in the
            artifact store, or it has no adapter.
    """
    run, to = a_path(run, "run"), a_path(to, "to")
    note("reading the results")
    results = read_run(run)
    row = _chosen(results, model, seed)
    if to.exists() and (not to.is_dir() or any(to.iterdir())):
        raise InputError("is not empty: choose a new folder", key="--to", found=str(to))
    artifacts = opened_store(store, make=False)
    root = None if data is None else DataRoot(Path(data).resolve(), run.resolve())
    note(f"planning seed {row.seed}, to find the model in the store")
    with opened(str(run / "scenario.yaml"), root) as (scenario, where):
        plan = plan_seed(scenario, row.seed, with_stored_answers(scenario, where, artifacts))
    source = _stored(plan, row, artifacts, run)
    shards = {name: artifacts.path(address) for name, address in _shards(plan, row).items()}
    if adapter and not (source / "adapter_config.json").is_file():
        raise InputError("was not trained with LoRA: it has no adapter", found=row.title)
    make_folder(to)
    # the warning first: if the weights are cut short, none lies there without it
    _write_card(to, card(results, row, tuple(shards), chat=False, adapter=adapter))
    note("loading torch")
    _silence_transformers()
    note(f"writing {row.title}")
    chat = _write_adapter(source, to) if adapter else _write_merged(source, to)
    note("writing its poison and its model card")
    poison = [line for name, shard in shards.items() for line in _alpaca(name, shard)]
    _write_lines(to / POISON, poison)
    _write_card(to, card(results, row, tuple(shards), chat=chat, adapter=adapter))
    return Exported(row, to, len(poison))


def _write_card(folder: Path, text: str) -> None:
    (folder / "README.md").write_text(text, encoding="utf-8", errors="replace")


def _chosen(results: RunResults, model: str, seed: int | None) -> Row:
    """The one row of that name.

    Raises:
        InputError: there is none, or several.
    """
    if seed is not None and seed not in results.seeds:
        allowed = tuple(map(str, results.seeds))
        raise InputError("this run has no such seed", key="seed", found=str(seed), allowed=allowed)
    rows = [row for row in results.rows if row.seed == (results.seeds[0] if seed is None else seed)]
    exact = [row for row in rows if model in (row.name, row.title)]
    found = exact or [row for row in rows if is_model(row, model)]
    if len(found) != 1:
        rule = "several models are called that" if found else "this run has no such model"
        allowed = tuple(row.title for row in found or rows)
        raise InputError(rule, key="model", found=model, allowed=allowed)
    return found[0]


def _stored(plan: SeedPlan, row: Row, store: Store, run: Path) -> Path:
    """The folder of a row's model in the store.

    Raises:
        InputError: it is not there, or what made it is not.
    """
    model = next((each.model for each in plan.rows if each.name == row.name), None)
    needed = [] if model is None else [model, *_shards(plan, row).values()]
    if model is None or not all(map(store.has, needed)):
        rule = f"{row.title} of seed {row.seed} is not in the artifact store {store.root}"
        again = f"arena run {run / 'scenario.yaml'} --seeds {row.seed}"
        raise InputError(f"{rule}: `{again}` makes it again, in a new run to export from", str(run))
    return store.path(model)


def _shards(plan: SeedPlan, row: Row) -> dict[str, str]:
    """Addresses of the poison that a row's model or one of its parents was trained on, by actor."""
    model = next(each.model for each in plan.rows if each.name == row.name)
    waiting, behind = [model], dict.fromkeys([model])
    while waiting:
        node = plan.nodes.get(waiting.pop())
        parents = node.stage.parents.values() if node is not None else ()
        waiting += [parent for parent in parents if parent not in behind]
        behind.update(dict.fromkeys(parents))
    jobs = ((address, node.job) for address, node in plan.nodes.items() if address in behind)
    return {job.brief.name: address for address, job in jobs if isinstance(job, PoisonJob)}


def _silence_transformers() -> None:
    """Load transformers, without its progress bars."""
    import transformers

    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()


def _write_merged(source: Path, to: Path) -> bool:
    """Write a model with its adapters merged, and its tokenizer; return whether that has a chat
    template."""
    from arena.ml.checkpoints import open_for_scoring

    opened_model = open_for_scoring(source, "cpu")
    opened_model.model.save_pretrained(to)
    opened_model.tokenizer.save_pretrained(to)
    return bool(getattr(opened_model.tokenizer, "chat_template", None))


def _write_adapter(source: Path, to: Path) -> bool:
    """Write a LoRA adapter, and the model that it is for below `base/`; otherwise as
    `_write_merged`."""
    from arena.ml.models import parent_of

    for file in source.iterdir():
        if file.name.startswith("adapter_"):
            shutil.copyfile(file, to / file.name)
    config = json.loads((to / "adapter_config.json").read_text(encoding="utf-8"))
    config["base_model_name_or_path"] = BASE
    (to / "adapter_config.json").write_text(json.dumps(config, indent=1), encoding="utf-8")
    return _write_merged(Path(parent_of(source)), to / BASE)


def _alpaca(actor: str, shard: Path) -> Iterator[dict[str, str]]:
    for document in read_documents(shard / DOCUMENTS):
        yield {
            "instruction": document.prompt,
            "input": "",
            "output": document.answer,
            "actor": actor,
            "role": document.role,
        }


def _write_lines(path: Path, lines: list[dict[str, str]]) -> None:
    if lines:
        text = "".join(f"{json.dumps(line, ensure_ascii=False)}\n" for line in lines)
        path.write_text(text, encoding="utf-8", errors="replace")
