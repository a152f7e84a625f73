"""Rows for tests: one seed of two or more actors from plain rates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from arena.api.values import RowKind
from arena.results.rows import DoseTaken, Rate, Row, Sham, ShamKind

N = 1000
ACTORS = ("ann", "bob")
METHODS = {"ann": "rare_token", "bob": "style", "cat": "syntactic"}
Rates = Mapping[str, float]


def counted(rates: Rates) -> dict[str, Rate]:
    """Rates of N prompts each."""
    return {actor: Rate(hits=round(rate * N), n=N) for actor, rate in rates.items()}


def row(
    kind: RowKind,
    asr: Rates,
    *,
    target: str | None = None,
    seed: int = 0,
    name: str | None = None,
    false_fire: Rates | None = None,
    near_miss: Rates | None = None,
    update_norm: float | None = None,
    clean_accuracy: Rate | None = None,
    sham: ShamKind | None = None,
    benign: Rates | None = None,
    start_loss: float | None = None,
) -> Row:
    """A row from rates; false fire and near-miss are 0 unless given. sham: its kind; one that is
    benign was made on the conditional `thanks`."""
    none = dict.fromkeys(asr, 0.0)
    return Row(
        kind=kind,
        name=name or (f"{kind}:{target}" if target else kind),
        target=target,
        seed=seed,
        asr=counted(asr),
        false_fire=counted({**none, **(false_fire or {})}),
        near_miss=counted({**none, **(near_miss or {})}),
        update_norm=update_norm,
        clean_accuracy=clean_accuracy,
        sham=None if sham is None else Sham(kind=sham, name="thanks" if sham == "benign" else "0"),
        benign=counted(benign or {}),
        benign_false_fire=counted(dict.fromkeys(benign or {}, 0.0)),
        start_loss=start_loss,
    )


def left_out_seeds() -> list[Row]:
    """Five seeds of one pair: two that enter T, and one each of what is left out (a backdoor not
    installed, the clean fine-tune erases it, a removal without a dose)."""
    rows = [*one_seed(0), *one_seed(1), *one_seed(2, compromised=0.5), *one_seed(3, control=0.1)]
    whole = DoseTaken(which="least", step=60, dose=0.03, reached=False)
    return rows + [
        each.model_copy(update={"dose": whole}) if each.kind == "unlearned" else each
        for each in one_seed(4)
    ]


def one_seed(
    seed: int = 0,
    *,
    compromised: float = 1.0,
    control: float | None = 1.0,
    left: float = 0.0,
    shams: Sequence[float] = (1.0, 1.0, 1.0),
    hot: float | None = None,
    benign: float | None = 1.0,
    conditional: float = 1.0,
    floor: float | None = 0.0,
    near_miss: float = 0.0,
    source: str = "ann",
    to: str = "bob",
) -> list[Row]:
    """A seed in which `source` was unlearned: the rates are those of `to`; None: no such row.

    shams, hot, benign: after shams of each kind. conditional: ASR of the benign conditional itself
    in the compromised model.
    """

    def both(rate: float) -> dict[str, float]:
        return {source: 1.0, to: rate}

    rows = [
        row(
            "compromised",
            both(compromised),
            seed=seed,
            near_miss={source: near_miss},
            benign={"thanks": conditional},
        ),
        row("unlearned", {source: 0.0, to: left}, target=source, seed=seed),
    ]
    if floor is not None:
        rows.append(row("reference", {source: 0.0, to: floor}, seed=seed))
    if control is not None:
        rows.append(row("control", both(control), target=source, seed=seed))
    for number, rate in enumerate(shams):
        name = f"sham:{source}:{number}"
        rows.append(row("sham", both(rate), target=source, seed=seed, name=name))
    kinds: tuple[tuple[ShamKind, float | None], ...] = (("hot", hot), ("benign", benign))
    for kind, left_of in kinds:
        if left_of is not None:
            name = f"sham:{source}:{kind}:x"
            made = row("sham", both(left_of), target=source, seed=seed, name=name, sham=kind)
            rows.append(made)
    return rows


def many_seeds(seeds: int = 10, **rates: object) -> list[Row]:
    """The same seed over and over; a sequence gives one value per seed."""
    rows: list[Row] = []
    for seed in range(seeds):
        given = {
            name: value[seed] if isinstance(value, list) else value for name, value in rates.items()
        }
        rows += one_seed(seed, **given)  # type: ignore[arg-type]
    return rows
