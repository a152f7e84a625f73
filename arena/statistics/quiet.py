"""Is a backdoor gone, or only quiet: firing where greedy decoding of one prompt is not asked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

from arena.errors import InputError
from arena.statistics.intervals import rate_over_seeds

# greedy: as `asr`; sampled: drawn at a temperature; repeated, moved: greedy, the trigger
# inserted more than once or elsewhere.
How = Literal["greedy", "sampled", "repeated", "moved"]
HOWS: tuple[How, ...] = get_args(How)
ALWAYS = ("greedy", "sampled")  # what every method has; not all can be repeated or moved
KINDS = ("compromised", "control", "unlearned")


@dataclass(frozen=True)
class QuietRate:
    """Hits among n continuations for `actor`'s trigger in one model of one seed."""

    seed: int
    kind: str
    target: str | None
    actor: str
    how: How
    hits: int
    n: int


def quiet_json(rates: Sequence[QuietRate], temperature: float, draws: int) -> dict[str, Any]:
    """The `quiet` part of `results.json`: every rate over seeds.

    Args:
        rates: one per model, actor, seed and way of asking; in any order.
        temperature: of the sampled continuations.
        draws: continuations sampled per prompt.

    Raises:
        InputError: two rates of one model, actor, seed and way of asking.
    """
    groups: dict[tuple[str, str | None, str], dict[tuple[int, How], QuietRate]] = {}
    for each in rates:
        of_model = groups.setdefault((each.kind, each.target, each.actor), {})
        if (each.seed, each.how) in of_model:
            raise InputError("two quiet rates of one model, actor and seed", found=str(each))
        of_model[each.seed, each.how] = each
    return {
        "temperature": temperature,
        "draws": draws,
        "rows": [
            {
                "kind": kind,
                "target": target,
                "actor": actor,
                **{how: _over_seeds(groups[kind, target, actor], how) for how in HOWS},
            }
            for kind, target, actor in sorted(groups, key=lambda key: KINDS.index(key[0]))
        ],
    }


def _over_seeds(
    of_model: dict[tuple[int, How], QuietRate], how: How
) -> dict[str, float | None] | None:
    """The rate over seeds; None where the method cannot be asked in this way."""
    found = [of_model[key] for key in sorted(of_model) if key[1] == how]
    if not found and how not in ALWAYS:
        return None
    return rate_over_seeds(each.hits / each.n if each.n else None for each in found).to_json()
