"""T of every ordered pair of actors, over seeds and seed by seed."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from arena.results.base import Named, Part
from arena.results.claim import TransferEstimates
from arena.results.estimate import Estimate
from arena.results.planting import Relation

PairStatus = Literal["used", "not_installed", "explained_by_control", "no_dose"]


class ShamSeed(Part):
    """Shams of one kind in one seed: their mean `sham` (S_ij) over `shams` of them, and the parts
    of T. left_out: shams on a benign conditional that is not installed in that seed."""

    sham: float | None = None
    odd: float | None = None
    specific: float | None = None
    shams: int = 0
    left_out: int = 0


class PairSeed(Part):
    """A pair's numbers in one seed; None if a row is missing or the status does not allow a value.

    control C_j, unlearned U_ij, sham S_ij (mean over `shams` of them) and floor f_j are rates.
    transfer = odd + specific: the parts explained by any odd input and by the planted trigger.
    sham, shams, odd and specific are of familiar shams; by_sham has them by kind. `broad` is the
    source's, None if not measured. If clean prompts may get the payload as an answer too, all three
    are computed from rates minus the same model's false fire (T_excess), and `plain` is T without
    this subtraction. payload: the kind that `to` planted in this seed; relation: what the two
    payloads have in common. Both are None if it is unknown what was planted.
    """

    seed: int
    status: PairStatus
    control: float | None = None
    unlearned: float | None = None
    sham: float | None = None
    floor: float = 0.0
    transfer: float | None = None
    odd: float | None = None
    specific: float | None = None
    plain: float | None = None
    raw_suppression: float | None = None
    shams: int = 0
    by_sham: Named[ShamSeed] = {}
    broad: bool | None = None
    payload: str | None = None
    relation: Relation | None = None


class Pair(TransferEstimates):
    """What unlearning `source`'s trigger did to `to`'s backdoor. seeds: usable ones. adjusted_p: by
    Holm over the pairs; None if nothing was tested. plain: T without subtracting false fire, for
    pairs where it is subtracted (see `PairSeed`); None elsewhere."""

    source: str = Field(validation_alias="from", serialization_alias="from")
    to: str
    seeds: int | None = None
    verdict: str | None = None
    verdict_reason: str = ""
    adjusted_p: float | None = None
    plain: Estimate | None = None
    per_seed: tuple[PairSeed, ...] = ()
