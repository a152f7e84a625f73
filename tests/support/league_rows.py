"""Rows for tests of the league and of decoys: a defence's models of one seed from plain rates."""

from __future__ import annotations

from collections.abc import Mapping

from arena.api.values import RowKind
from arena.results.rows import Rate, Row
from arena.statistics.league import Entrant
from tests.support.making_rows import N, Rates, row

ACTORS = ("ann", "bob", "cat")
BLIND = Entrant("prune", "blind", "fine_pruning", "nothing", 40, 128, 0.05)
TOLD = Entrant("relabel", "disclosed", "relabel", "one trigger", 60, 512, 0.1)
DECOY = Entrant("decoy", "decoy", "relabel", "nothing; plants its own", 60, 512, 0.2)
METHODS = {"x": "rare_token", "y": "style", "z": "syntactic"}


def model(
    kind: RowKind,
    asr: Rates,
    *,
    defence: str | None = None,
    target: str | None = None,
    seed: int = 0,
    name: str | None = None,
    accuracy: float = 1.0,
    seconds: float = 2.0,
    detail: Mapping[str, str] | None = None,
) -> Row:
    """A row of a defence (or a baseline) with its accuracy and time."""
    said = {} if defence is None else {"defence": defence}
    made = row(kind, asr, target=target, seed=seed, name=name or f"{kind}:{defence}:{target}")
    own = {
        "clean_accuracy": Rate(hits=round(accuracy * N), n=N),
        "perplexity": 2.0,
        "seconds": seconds,
        "detail": {**said, **(detail or {})},
    }
    return made.model_copy(update=own)


def base(seed: int = 0, *, control: float | None = 1.0, ann: float = 1.0) -> list[Row]:
    """A seed's reference, compromised and, unless None, clean fine-tuned model."""
    full = {"ann": ann, "bob": 1.0, "cat": 1.0}
    rows = [
        model("reference", dict.fromkeys(ACTORS, 0.0), seed=seed),
        model("compromised", full, seed=seed, seconds=99.0),
    ]
    if control is not None:
        rows.append(model("control", dict.fromkeys(ACTORS, control), seed=seed, accuracy=0.99))
    return rows


def told(left: float = 0.0, others: float = 0.5, seed: int = 0, **more: float) -> list[Row]:
    """The models of the disclosed defence: one per target."""
    return [
        model(
            "unlearned",
            {actor: left if actor == target else others for actor in ACTORS},
            defence="relabel",
            target=target,
            seed=seed,
            **more,  # type: ignore[arg-type]
        )
        for target in ACTORS
    ]


def decoy_seed(
    seed: int = 0,
    *,
    held: float = 0.5,
    real: float = 0.5,
    clean: float = 1.0,
    planted: float = 1.0,
    erased: float = 0.0,
) -> list[Row]:
    """A seed of the decoy defence that leaves one of three methods out at a time.

    held, real: ASR left of held-out decoys and real actors; clean: both after the clean
    fine-tune; planted: of decoy x once planted; erased: what planting took from the actors.
    """
    nothing = {f"decoy:{name}": 0.0 for name in METHODS}
    rows = [
        model("reference", {**dict.fromkeys(ACTORS, 0.0), **nothing}, seed=seed),
        model("compromised", {**dict.fromkeys(ACTORS, 1.0), **nothing}, seed=seed),
    ]

    def staged(stage: str, asr: Rates, held_out: str = "") -> Row:
        detail = {"decoys": stage, "held_out": held_out}
        name = f"decoy:{stage}:{held_out}"
        return model("defended", asr, defence="decoy", seed=seed, name=name, detail=detail)

    there = {"decoy:x": planted, "decoy:y": 1.0, "decoy:z": 1.0}
    rows.append(staged("planted", {**dict.fromkeys(ACTORS, 1.0 - erased), **there}))
    rows.append(staged("clean", dict.fromkeys([*ACTORS, *there], clean)))
    for out in METHODS:
        left = {f"decoy:{name}": held if name == out else 0.0 for name in METHODS}
        rows.append(staged("unlearned", {**dict.fromkeys(ACTORS, real), **left}, out))
    return rows
