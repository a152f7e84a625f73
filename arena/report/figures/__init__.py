"""Every figure of the report: pure functions of plain data that return one SVG each."""

from arena.report.figures.before import before_heatmap
from arena.report.figures.curves import reactivation_curves
from arena.report.figures.forest import claim_forest
from arena.report.figures.front import trial_front
from arena.report.figures.groups import groups_forest
from arena.report.figures.heatmap import asr_heatmap
from arena.report.figures.history import trial_history
from arena.report.figures.importance import importance_bars
from arena.report.figures.pareto import pareto
from arena.report.figures.payoff import payoff_heatmap
from arena.report.figures.residence import residence_heatmap
from arena.report.figures.scatter import casd_scatter
from arena.report.figures.seeds import seeds_dots
from arena.report.figures.slope import contenders_slope
from arena.report.figures.timeline import timeline
from arena.report.figures.transfer import transfer_heatmap

__all__ = [
    "asr_heatmap",
    "before_heatmap",
    "casd_scatter",
    "claim_forest",
    "contenders_slope",
    "groups_forest",
    "importance_bars",
    "pareto",
    "payoff_heatmap",
    "reactivation_curves",
    "residence_heatmap",
    "seeds_dots",
    "timeline",
    "transfer_heatmap",
    "trial_front",
    "trial_history",
]
