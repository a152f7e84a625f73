"""arena/planning/numerics.py: what a run records of its machine."""

from __future__ import annotations

from pathlib import Path

import pytest

from arena.planning import numerics
from arena.planning.numerics import cpu_model, environment, vector_instructions
from tests.support import toys

INTEL = """\
processor\t: 0
model name\t: Some CPU: the second
flags\t\t: fpu sse2 avx avx2 avx512f
processor\t: 1
model name\t: Another
"""
ARM = "processor\t: 0\nFeatures\t: fp asimd sve\n"


def of(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(numerics.Path, "read_text", lambda path: text)


@pytest.mark.parametrize(("text", "found"), [(INTEL, "avx2, avx512f"), (ARM, "sve"), ("", "")])
def test_vector_instructions_are_those_that_decide_on_kernels(
    text: str, found: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    of(text, monkeypatch)
    assert vector_instructions() == found


def test_the_first_processor_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    of(INTEL, monkeypatch)
    assert cpu_model() == "Some CPU: the second"


def test_a_system_that_does_not_say(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(path: Path) -> str:
        raise FileNotFoundError

    monkeypatch.setattr(numerics.Path, "read_text", missing)
    assert vector_instructions() == ""
    assert cpu_model()


def test_results_record_them() -> None:
    assert environment(toys.scenario().numerics)["instructions"] == vector_instructions()
