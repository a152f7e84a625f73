"""ASR over seeds for backdoors that greedy decoding of a plain prompt may miss: sampled, or with
the trigger repeated or moved."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from arena.api.values import RowKind
from arena.errors import InputError
from arena.measures.quiet.findings import QuietFindings, QuietRow
from arena.measures.quiet.job import How
from arena.results.estimate import Estimate
from arena.statistics.intervals import rate_over_seeds

HOWS: tuple[How, ...] = ("greedy", "sampled", "repeated", "moved")
KINDS: tuple[RowKind, ...] = ("compromised", "control", "unlearned")


@dataclass(frozen=True)
class QuietRate:
    """Hits among n continuations for `actor`'s trigger in one model of one seed. how: `greedy` as
    in `asr`, `sampled` at a temperature, or greedy with the trigger `repeated` or `moved`."""

    seed: int
    kind: RowKind
    target: str | None
    actor: str
    how: How
    hits: int
    n: int


def quiet_findings(rates: Sequence[QuietRate], temperature: float, draws: int) -> QuietFindings:
    """Return every rate over seeds.

    Args:
        rates: one per model, actor, seed and `how`; in any order.
        temperature: of the sampled continuations.
        draws: continuations sampled per prompt.

    Raises:
        InputError: two rates of one model, actor, seed and `how`.
    """
    models: dict[tuple[RowKind, str | None, str], dict[tuple[int, How], QuietRate]] = {}
    for each in rates:
        of_model = models.setdefault((each.kind, each.target, each.actor), {})
        if (each.seed, each.how) in of_model:
            raise InputError("two quiet rates of one model, actor and seed", found=str(each))
        of_model[each.seed, each.how] = each
    return QuietFindings(
        temperature=temperature,
        draws=draws,
        rows=tuple(
            _row(*key, models[key]) for key in sorted(models, key=lambda key: KINDS.index(key[0]))
        ),
    )


def _row(
    kind: RowKind,
    target: str | None,
    actor: str,
    of_model: Mapping[tuple[int, How], QuietRate],
) -> QuietRow:
    return QuietRow(
        kind=kind,
        target=target,
        actor=actor,
        greedy=_over_seeds(of_model, "greedy"),
        sampled=_over_seeds(of_model, "sampled"),
        repeated=_of_variant(of_model, "repeated"),
        moved=_of_variant(of_model, "moved"),
    )


def _of_variant(of_model: Mapping[tuple[int, How], QuietRate], how: How) -> Estimate | None:
    """The rate over seeds; None where the trigger's method has no such variant."""
    return _over_seeds(of_model, how) if any(key[1] == how for key in of_model) else None


def _over_seeds(of_model: Mapping[tuple[int, How], QuietRate], how: How) -> Estimate:
    rates = [of_model[key] for key in sorted(of_model) if key[1] == how]
    return rate_over_seeds(rate.hits / rate.n if rate.n else None for rate in rates)
