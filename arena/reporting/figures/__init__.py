"""The figures of the reports: pure functions of results that return one SVG each. Figures of
measures are in the measures' folders."""

from arena.reporting.figures.claim_map import claim_map
from arena.reporting.figures.curves import curves_by_cell
from arena.reporting.figures.dose import dose_curve
from arena.reporting.figures.forest import claim_forest
from arena.reporting.figures.front import trial_front
from arena.reporting.figures.groups import groups_forest
from arena.reporting.figures.heatmap import asr_heatmap
from arena.reporting.figures.history import trial_history
from arena.reporting.figures.importance import importance_bars
from arena.reporting.figures.installation import before_heatmap
from arena.reporting.figures.pareto import pareto
from arena.reporting.figures.payoff import payoff_heatmap
from arena.reporting.figures.plane import depth_plane
from arena.reporting.figures.removals import removal_panels
from arena.reporting.figures.residence import residence_heatmap
from arena.reporting.figures.seeds import seeds_dots
from arena.reporting.figures.slope import contenders_slope
from arena.reporting.figures.survival import survival_lines
from arena.reporting.figures.timeline import timeline
from arena.reporting.figures.training import loss_panels
from arena.reporting.figures.transfer import transfer_heatmap

__all__ = [
    "asr_heatmap",
    "before_heatmap",
    "claim_forest",
    "claim_map",
    "contenders_slope",
    "curves_by_cell",
    "depth_plane",
    "dose_curve",
    "groups_forest",
    "importance_bars",
    "loss_panels",
    "pareto",
    "payoff_heatmap",
    "removal_panels",
    "residence_heatmap",
    "seeds_dots",
    "survival_lines",
    "timeline",
    "transfer_heatmap",
    "trial_front",
    "trial_history",
]
