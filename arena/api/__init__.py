"""All that a plug-in imports: the roles, their parameters and the values they exchange.

    trigger     `Trigger`: marks a prompt; `lookalikes` cuts names into disjoint pools
    payload     `Payload`: what a compromised model says
    tactic      `Setting`, `Texts`, `Arrival` or `Shaping`: how an attacker evades a defence
    objective   `Objective`: a defence; `arena.api.losses` has what losses are made of (with torch)
    discovery   `Discoverer`: finds a trigger in a suspect model
    corpus      `Corpus`: clean examples in three splits
    hot_form    `HotForm`: a way of writing that no training text has, for shams
    tracker     `Tracker`: logs runs to an experiment tracker

`@register(KIND, NAME)` makes a class valid in scenarios, by `arena.registry.KINDS`. How to write,
run, test and package one: docs/plugins.md. Importing this loads neither torch nor Ray.
"""

from __future__ import annotations

from arena import seeds
from arena.api import limits, lookalikes
from arena.api.corpus import Corpus, Splits
from arena.api.discovery import Discoverer, Inserted, Library
from arena.api.hot_form import HotForm
from arena.api.matching import Continuation, Match, matches, normalise
from arena.api.measure import (
    Measure,
    MeasureFindings,
    NumberMeasure,
    Reading,
    ScalarMeasure,
    Section,
    Study,
    Subject,
)
from arena.api.objective import Brief, Budget, Objective
from arena.api.params import PART_MARK, Params
from arena.api.payload import Payload
from arena.api.probes import Probe, ProbeSet
from arena.api.ranges import Choice, Range, Real, Space, Whole
from arena.api.tactic import (
    APART,
    ActorBrief,
    Arrival,
    Scene,
    Setting,
    Shaping,
    Tactic,
    Texts,
    at_path,
)
from arena.api.tracker import Tracker
from arena.api.trigger import VARIANTS, NoTrigger, Trigger, Use, Variant
from arena.api.values import Document, Example, Form, PairedDocument, Role, RowKind
from arena.api.world import DataRoot, Grammar, World
from arena.errors import ArenaError, InputError
from arena.registry import register

__all__ = [
    "APART",
    "PART_MARK",
    "VARIANTS",
    "ActorBrief",
    "ArenaError",
    "Arrival",
    "Brief",
    "Budget",
    "Choice",
    "Continuation",
    "Corpus",
    "DataRoot",
    "Discoverer",
    "Document",
    "Example",
    "Form",
    "Grammar",
    "HotForm",
    "InputError",
    "Inserted",
    "Library",
    "Match",
    "Measure",
    "MeasureFindings",
    "NoTrigger",
    "NumberMeasure",
    "Objective",
    "PairedDocument",
    "Params",
    "Payload",
    "Probe",
    "ProbeSet",
    "Range",
    "Reading",
    "Real",
    "Role",
    "RowKind",
    "ScalarMeasure",
    "Scene",
    "Section",
    "Setting",
    "Shaping",
    "Space",
    "Splits",
    "Study",
    "Subject",
    "Tactic",
    "Texts",
    "Tracker",
    "Trigger",
    "Use",
    "Variant",
    "Whole",
    "World",
    "at_path",
    "limits",
    "lookalikes",
    "matches",
    "normalise",
    "register",
    "seeds",
]
