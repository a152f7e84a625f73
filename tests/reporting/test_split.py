"""Which shams T is split by where it is shown: the planted harmless ones, where there are any."""

from __future__ import annotations

import pytest

from arena.reporting import figures
from arena.reporting.claim_card import ShownTransfer
from arena.reporting.console import claim_text
from arena.reporting.shams import sham_lines
from arena.reporting.stress_claim import explained
from arena.results.claim import Claim, GridClaim, ShamEstimates, VerdictThresholds
from arena.results.estimate import Estimate


def parts(odd: float, specific: float) -> ShamEstimates:
    return ShamEstimates(odd=Estimate(value=odd), specific=Estimate(value=specific))


FAMILIAR = Claim(
    transfer=Estimate(value=0.3),
    odd=Estimate(value=0.05),
    specific=Estimate(value=0.25),
    by_sham={"familiar": parts(0.05, 0.25)},
)
BENIGN = FAMILIAR.model_copy(update={"by_sham": {**FAMILIAR.by_sham, "benign": parts(0.31, -0.01)}})


@pytest.mark.parametrize(
    ("claim", "kind", "odd", "specific"),
    [(FAMILIAR, "familiar", 0.05, 0.25), (BENIGN, "benign", 0.31, -0.01)],
)
def test_t_is_split_by_benign_shams_where_there_are_any(
    claim: Claim, kind: str, odd: float, specific: float
) -> None:
    shown = ShownTransfer.of(claim)
    assert (shown.split_by, shown.odd.value, shown.specific.value) == (kind, odd, specific)
    told = claim_text(claim).plain
    assert f"{odd:.2f} odd + {specific:.2f} specific".replace("-", "\N{MINUS SIGN}") in told
    assert ("(benign shams)" in told) is (kind == "benign")
    assert f"{odd:.2f}" in figures.claim_forest(claim, VerdictThresholds(generalizes=0.5))


# 0.0656 = 0.0021 + 0.0635: each rounded by itself they would be 0.07, 0.00 and 0.06.
ROUNDED = GridClaim(
    transfer=Estimate(value=0.0656),
    odd=Estimate(value=0.0021),
    specific=Estimate(value=0.0635),
    by_sham={"familiar": parts(0.0021, 0.0635)},
)


def test_a_page_has_one_rounding_of_the_parts() -> None:
    shown = ShownTransfer.of(ROUNDED)
    assert [each.text for each in shown.all[:3]] == ["0.07", "0.00", "0.07"]
    (line,) = sham_lines(ROUNDED)
    assert (line.odd.text, line.specific.text) == ("0.00", "0.07")
    said = next(explained(ROUNDED))
    assert said.startswith("Of T 0.07, 0.00 is what unlearning any odd input would do")
    assert said.endswith("the planted trigger adds 0.07.")
    figure = figures.claim_forest(ROUNDED, VerdictThresholds())
    assert "specific part of T 0.07, Raw" in figure


def test_parts_over_fewer_pairs_are_not_shown_as_a_sum() -> None:
    fewer = FAMILIAR.model_copy(update={"transfer": Estimate(value=-0.28)})
    assert ShownTransfer.of(FAMILIAR).adds_up
    assert not ShownTransfer.of(fewer).adds_up
    told = claim_text(fewer).plain
    assert "pairs with shams: 0.05 odd, 0.25 specific" in told
    assert "=" not in told
    assert " = 0.05 odd + 0.25 specific" in claim_text(FAMILIAR).plain
