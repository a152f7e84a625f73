"""The league of defences in results, one standing per defence."""

from __future__ import annotations

from arena.results.base import Part
from arena.results.estimate import Estimate

BASELINES = ("none", "control")  # `intelligence` of entries that are no defences


class Mark(Part):
    """The mark that a defence has to meet: less than `asr` left, at most `loss` of accuracy
    lost."""

    asr: float | None = None
    loss: float | None = None


class WakingCost(Estimate):
    """Poisoned samples until ASR 0.5. `censored` of its `curves` never reached it; if any, the mean
    is a lower bound."""

    curves: int | None = None
    censored: int | None = None


class SeedStanding(Part):
    """What one defence left in one seed; None for values that could not be measured.

    `disclosed`, `others`: mean ASR left of the rows' own targets, and of all other actors. `worst`:
    the largest ASR among the others. `change`: accuracy minus the compromised model's. `samples`:
    poisoned samples to ASR 0.5 for each backdoor, or the last checkpoint if it is never reached;
    `censored` counts those.
    """

    seed: int
    disclosed: float | None = None
    others: float | None = None
    worst: float | None = None
    accuracy: float | None = None
    change: float | None = None
    perplexity: float | None = None
    seconds: float | None = None
    samples: float | None = None
    curves: int | None = None
    censored: int | None = None


class LeaguePoint(Part):
    """A defence after part of its run, averaged over models and then seeds, on the curves' prompts.

    dose: summed learning rate up to the step. compute: share of the training compute so far.
    disclosed, others: ASR left. change: of accuracy, from the suspect's (of
    answer tokens where answers are free text or the base model's own).
    """

    step: int
    dose: float
    compute: float | None = None
    disclosed: Estimate = Estimate()
    others: Estimate = Estimate()
    change: Estimate = Estimate()


class Standing(Part):
    """How one entry did, over models and then seeds (estimands.md, League).

    Attributes:
        intelligence: disclosed | discovered | decoy | blind; none and control are baselines.
        knows: what the defence had to know, in words.
        compute: share of the training compute; None where unknown.
        models, seeds: rows; seeds with an installed backdoor.
        nothing_found: models in which discovery found nothing; None if there was no discovery.
        meets: whether the mark is met; None where it cannot be decided. reason: why not.
        front: no other entry is as good in both `others` and `change`, and better in one.
        disclosed, others, worst: ASR left. change: of accuracy, from the compromised model's.
        along: the same along its run; empty if it was not scored there.
        equal: at the compute at which all defences are compared; None if it takes more before its
            first step.
    """

    name: str
    intelligence: str = ""
    method: str = ""
    knows: str = ""
    steps: int | None = None
    examples: int | None = None
    compute: float | None = None
    models: int | None = None
    seeds: int | None = None
    nothing_found: int | None = None
    meets: bool | None = None
    reason: str = ""
    front: bool = False
    disclosed: Estimate = Estimate()
    others: Estimate = Estimate()
    worst: Estimate = Estimate()
    accuracy: Estimate = Estimate()
    change: Estimate = Estimate()
    perplexity: Estimate = Estimate()
    seconds: Estimate = Estimate()
    reactivation: WakingCost = WakingCost()
    per_seed: tuple[SeedStanding, ...] = ()
    along: tuple[LeaguePoint, ...] = ()
    equal: LeaguePoint | None = None


class League(Part):
    """Doing nothing, the clean fine-tune, then every defence. accuracy: which one is compared,
    `clean_accuracy` or `token_accuracy`. compute: share of the training compute at which `equal` is
    taken; None if no defence was scored along its run. lost: the clean validation accuracy that a
    defence may cost at most: each is taken at the largest dose that costs no more; None if final
    models are compared."""

    accuracy: str = ""
    mark: Mark = Mark()
    compute: float | None = None
    lost: float | None = None
    standings: tuple[Standing, ...] = ()
