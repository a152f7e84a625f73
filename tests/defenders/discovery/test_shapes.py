"""What discovery hands back survives JSON; importing it needs no torch."""

from __future__ import annotations

import json
import pickle
import subprocess
import sys
from dataclasses import replace

import pytest
from pydantic import ValidationError

from defenders.discovery import Candidate, Discovery, DiscoveryParams, Null
from tests.support import discovery_toys as discovering

NULL = Null(8, 0.0, 0.01, 0.02, 0.05)
BEST = Candidate("cluster", "shop fair", 0.9, 7, 8, "open", ("at the shop?", "a fair?"), 0.1)
FOUND = Discovery((BEST, replace(BEST, score=0.05)), NULL, NULL, 100, 1.0)


@pytest.mark.parametrize("found", [FOUND, replace(FOUND, candidates=())])
def test_json_gives_the_same_back(found: Discovery) -> None:
    assert Discovery.from_json(json.loads(json.dumps(found.to_json()))) == found


def test_the_best_counts_only_above_its_threshold() -> None:
    assert FOUND.found == BEST
    assert FOUND.to_json()["found"] == 0
    nothing = replace(FOUND, candidates=FOUND.candidates[1:])
    assert nothing.found is None
    assert nothing.to_json()["found"] is None
    assert replace(FOUND, candidates=()).found is None


def test_a_library_is_picklable() -> None:
    made = pickle.loads(pickle.dumps(discovering.library("cf")))
    assert [trigger.key for trigger in made.named] == ["inserted:cf"]


def test_an_unknown_key_is_refused() -> None:
    with pytest.raises(ValidationError):
        DiscoveryParams(pases=3)  # type: ignore[call-arg]


def test_importing_needs_no_torch() -> None:
    code = "import defenders.discovery, sys; print({'torch', 'sklearn'} & set(sys.modules))"
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert said.stdout.strip() == "set()"
