"""Texts of results in readable form: names without underscores, whole sentences, p values."""

from __future__ import annotations

from arena.results.numbers import decimals


def words(name: object) -> str:
    """Return `continual_pretraining` as `continual pretraining`; empty for None."""
    return str(name).replace("_", " ") if name else ""


def part_text(text: str) -> str:
    """Return a trigger or payload, `rare_token: cf` or `fixed_text`, with its method in words."""
    method, colon, rest = text.partition(":")
    return f"{words(method)}{colon}{rest}"


THRESHOLDS = {
    "installed_asr": "installed: ASR at least",
    "installed_false_fire": "installed: false fire above the reference's at most",
    "broad": "broad (fires on look-alikes): near misses above the reference's more than",
    "explained_by_control": "explained by control: what the clean fine-tune keeps above the floor "
    "less than",
    "generalizes": "generalizes: lower limit of T above",
    "specific": "specific: lower limit of the specific part above",
    "fails": "fails: upper limit of T below",
}


def threshold_text(name: str) -> str:
    """Return what a threshold is compared with; its name in words if it is unknown."""
    return THRESHOLDS.get(name, words(name))


def axis_value(axis: str, value: str) -> str:
    """Return a value of a grid's axis: `poison 0.04` for a number, which alone does not say what it
    is, else in words."""
    return f"{words(axis)} {value}" if value[:1].isdigit() else words(value)


def sentence(text: str) -> str:
    """Return the text with a capital first letter and a full stop."""
    stripped = text.strip()
    stop = "" if stripped.endswith((".", "!", "?")) else "."
    return stripped[:1].upper() + stripped[1:] + stop if stripped else ""


def p_value(value: float | None) -> str:
    """Return `0.012`, or `< 0.001`; an en dash for None."""
    return "< 0.001" if value is not None and value < 0.001 else decimals(value, 3)
