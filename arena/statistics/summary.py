"""The table of models: for every kind of row its mean over seeds, per actor and for utility."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from arena.api.values import Row, RowKind
from arena.statistics.intervals import Estimate, over_seeds, rate_over_seeds
from arena.statistics.rates import finite, rate

ORDER: tuple[RowKind, ...] = (
    "reference",
    "inserted",
    "compromised",
    "control",
    "sham",
    "unlearned",
    "defended",
)
Key = tuple[RowKind, str | None, str]


@dataclass(frozen=True)
class SummaryRow:
    """One line of the table; `asr` holds for every actor the estimate and its seeds.
    Utility estimates are None where no row measured them."""

    label: str
    kind: RowKind
    target: str | None
    asr: dict[str, tuple[Estimate, int]]
    utility: dict[str, Estimate | None]

    def to_json(self) -> dict[str, Any]:
        return {
            "label": self.label,
            "kind": self.kind,
            "target": self.target,
            "asr": {
                actor: {**found.to_json(), "seeds": seeds}
                for actor, (found, seeds) in self.asr.items()
            },
            **{name: found and found.to_json() for name, found in self.utility.items()},
        }


def summarise(rows: Sequence[Row], actors: Sequence[str]) -> tuple[SummaryRow, ...]:
    """The table's lines: reference, compromised, clean fine-tune, shams, unlearned, defended;
    within a kind by target, in the order of the actors."""
    place = {actor: number for number, actor in enumerate(actors)}
    keys = sorted(
        {_key(row) for row in rows},
        key=lambda key: (ORDER.index(key[0]), place.get(key[1] or "", -1), key[1] or "", key[2]),
    )
    return tuple(_line(key, [row for row in rows if _key(row) == key], actors) for key in keys)


def _key(row: Row) -> Key:
    # Defended rows are told apart by their name: several baselines may share a target. What an
    # inserted row is (alone, or after somebody), its name says.
    return row.kind, row.target, row.name if row.kind in ("defended", "inserted") else ""


def _line(key: Key, rows: Sequence[Row], actors: Sequence[str]) -> SummaryRow:
    kind, target, name = key
    asr = {actor: _asr(rows, actor) for actor in actors}
    utility = {what: _utility(rows, read) for what, read in _UTILITY.items()}
    return SummaryRow(_label(kind, target, name), kind, target, asr, utility)


def _asr(rows: Sequence[Row], actor: str) -> tuple[Estimate, int]:
    means = list(_means(rows, lambda row: rate(row.asr, actor)))
    return rate_over_seeds(means), len(means)


def _label(kind: RowKind, target: str | None, name: str) -> str:
    if kind == "inserted":  # `after:lexical`, `alone:lexical`
        return name.replace(":", " ")
    words = {"control": "clean fine-tune", "unlearned": "unlearn", "defended": name}
    word = words.get(kind, kind)
    return word if target is None or kind == "defended" else f"{word} {target}"


def _means(rows: Sequence[Row], read: Callable[[Row], float | None]) -> Iterator[float]:
    """For every seed with a value, the mean over its rows (several only for shams)."""
    for seed in sorted({row.seed for row in rows}):
        # By name, so that the sum does not depend on the order of the rows.
        of_seed = sorted((row for row in rows if row.seed == seed), key=lambda row: row.name)
        values = [value for value in map(read, of_seed) if value is not None]
        if values:
            yield sum(values) / len(values)


def _utility(rows: Sequence[Row], read: Callable[[Row], float | None]) -> Estimate | None:
    values = list(_means(rows, read))
    return over_seeds(values, "graded") if values else None


def _accuracy(row: Row) -> float | None:
    return finite(row.clean_accuracy.rate) if row.clean_accuracy is not None else None


_UTILITY: dict[str, Callable[[Row], float | None]] = {
    "clean_accuracy": _accuracy,
    "token_accuracy": lambda row: finite(row.token_accuracy),
    "perplexity": lambda row: finite(row.perplexity),
    "update_norm": lambda row: finite(row.update_norm),
}
