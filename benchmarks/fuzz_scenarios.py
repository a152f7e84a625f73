"""Validate mutants of the bundled scenarios: no traceback, no hang, no raw control character.

    python benchmarks/fuzz_scenarios.py --mutants 20000

Each mutant is one bundled scenario with a few changes, drawn from its seed: keys deleted,
doubled and renamed, values of other types, huge and tiny numbers, half characters, control
characters, deep nesting, aliases, and bytes cut off or flipped. `--only SEED` reproduces one.
"""

from __future__ import annotations

import argparse
import contextlib
import copy
import functools
import io
import json
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import typer.main
import yaml

from arena.cli import app
from arena.scenario import bundled

PATIENCE = 30  # seconds after which a mutant counts as a hang
WRONG_INPUT = 2
BASES = ("quickstart", "decoys", "defence_league", "duel", "mixed_stages", "pretrained_lora",
         "tune_evasion", "sst2_published", "stress_small", "inheritance")  # fmt: skip
STEERING = {
    chr(code)
    for code in (*range(9), *range(11, 32), *range(127, 160), 0x202E, *range(0xD800, 0xE000))
}
NUMBERS = (0, -1, 1, 2, 0.5, -0.0, 1e-300, 1e300, 10**9, 10**18, 2**63, 10**30, 10**400, -(10**25))
TEXTS = ("", " ", "each", "null", "\ud83d", "a\udc80b", "\x1b[2J", "\x9b31m", "\u202eabc", "a\nb",
         "\x00", "\ufeff", "é", "中文", "😀", "x" * 5000, "../..", "/", "~", "$(id)", "{{x}}",
         "[bold]", "a.b[0]", "<<", "e\u0301")  # fmt: skip
PLAIN = (None, True, False, [], {}, [[]], [None], {"": 1}, {"a": {"a": {"a": 1}}}, [1, "a", None])
SNIPPETS = ("\t", "- ", ": ", "{", "[", "}", "]", "*x", "&x ", "!!int ",
            "!!python/object:os.system ", "<<: {a: 1}", "---\n", "...\n",
            "%YAML 9.9\n", "|\n", ">\n", "? ", "#", '"\\ud83d"',
            '"\\U00110000"', ".inf", "1" * 5000, "'", '"', "\ufeff", "\x85", "\u2028")  # fmt: skip


@dataclass(frozen=True)
class Mutant:
    """A mutant: its base scenario, its changes, and its bytes."""

    seed: int
    base: str
    changes: tuple[str, ...]
    content: bytes


@dataclass(frozen=True)
class Outcome:
    """What validating a mutant gave."""

    mutant: Mutant
    status: int
    seconds: float  # CPU seconds of this process, comparable on a busy machine
    fault: str | None


def mutant(seed: int) -> Mutant:
    """Return the mutant of a seed."""
    rng = np.random.default_rng(seed)
    base = BASES[int(rng.integers(len(BASES)))]
    changes: list[str] = []
    tree = copy.deepcopy(_parsed(base))
    text = _source(base)
    if rng.random() < 0.7:
        for _ in range(_pick((1, 1, 1, 2, 3), rng)):
            change = TREE_CHANGES[int(rng.integers(len(TREE_CHANGES)))]
            change(tree, rng)
            changes.append(change.__name__)
        text = yaml.dump(tree, Dumper=_Dumper, sort_keys=False)
    content = text.encode("utf-8", "surrogatepass")
    if not changes or rng.random() < 0.2:
        for _ in range(int(rng.integers(1, 4))):
            spoil = BYTE_CHANGES[int(rng.integers(len(BYTE_CHANGES)))]
            content = spoil(content, rng)
            changes.append(spoil.__name__)
    return Mutant(seed, base, tuple(changes), content)


class _Dumper(yaml.SafeDumper):
    """Writes numbers in full, however large."""


_Dumper.add_representer(
    int, lambda dumper, value: dumper.represent_scalar("tag:yaml.org,2002:int", _digits(value))
)


def _digits(value: int) -> str:
    return str(value) if abs(value) < 10**4000 else "1" + "0" * 4000


@functools.cache
def _source(base: str) -> str:
    path = bundled.path_of(base)
    assert path is not None
    return path.read_text("utf-8")


@functools.cache
def _parsed(base: str) -> Any:
    return yaml.safe_load(_source(base))


# -- changes of the tree --------------------------------------------------------------------------


def _spots(at: Any) -> Iterator[tuple[Any, Any]]:
    """Every section or list of the tree, with each of its keys or indices."""
    entries = list(at.items()) if isinstance(at, dict) else list(enumerate(at))
    for key, value in entries:
        yield at, key
        if isinstance(value, dict | list):
            yield from _spots(value)


def _spot(tree: Any, rng: np.random.Generator) -> tuple[Any, Any] | None:
    spots = list(_spots(tree))
    return spots[int(rng.integers(len(spots)))] if spots else None


def _pick(values: Any, rng: np.random.Generator) -> Any:
    return copy.deepcopy(values[int(rng.integers(len(values)))])


def delete(tree: Any, rng: np.random.Generator) -> None:
    """Delete a key or an entry."""
    if (spot := _spot(tree, rng)) is not None:
        del spot[0][spot[1]]


def number(tree: Any, rng: np.random.Generator) -> None:
    """Replace a value by a number."""
    if (spot := _spot(tree, rng)) is not None:
        spot[0][spot[1]] = _pick(NUMBERS, rng)


def text(tree: Any, rng: np.random.Generator) -> None:
    """Replace a value by a text."""
    if (spot := _spot(tree, rng)) is not None:
        spot[0][spot[1]] = _pick(TEXTS, rng)


def plain(tree: Any, rng: np.random.Generator) -> None:
    """Replace a value by one of another type."""
    if (spot := _spot(tree, rng)) is not None:
        spot[0][spot[1]] = _pick(PLAIN, rng)


def wrap(tree: Any, rng: np.random.Generator) -> None:
    """Wrap a value in a list, or in sections, up to a hundred deep."""
    if (spot := _spot(tree, rng)) is not None:
        value = spot[0][spot[1]]
        for _ in range(_pick((1, 1, 2, 60, 100), rng)):
            value = [value] if rng.random() < 0.5 else {"a": value}
        spot[0][spot[1]] = value


def unwrap(tree: Any, rng: np.random.Generator) -> None:
    """Replace a list or section by its first entry."""
    spot = _spot(tree, rng)
    value = spot[0][spot[1]] if spot else None
    if spot and isinstance(value, dict | list) and value:
        spot[0][spot[1]] = next(iter(value.values() if isinstance(value, dict) else value))


def rename(tree: Any, rng: np.random.Generator) -> None:
    """Rename a key to an unknown or hostile name, or to one that is no text."""
    spot = _spot(tree, rng)
    if spot and isinstance(spot[0], dict):
        name = _pick((*TEXTS, 0, 1.5, None, True, f"{spot[1]}s", str(spot[1])[:-1]), rng)
        spot[0][name] = spot[0].pop(spot[1])


def move(tree: Any, rng: np.random.Generator) -> None:
    """Replace a value by one from elsewhere."""
    one, other = _spot(tree, rng), _spot(tree, rng)
    if one and other:
        one[0][one[1]] = copy.deepcopy(other[0][other[1]])


def repeat(tree: Any, rng: np.random.Generator) -> None:
    """Repeat an entry many times, or add many unknown keys to a section."""
    spot = _spot(tree, rng)
    times = _pick((2, 3, 50, 300), rng)
    if spot and isinstance(spot[0], list):
        spot[0].extend(copy.deepcopy(spot[0][spot[1]]) for _ in range(times))
    elif spot:
        spot[0].update({f"k{index}": index for index in range(times)})


def share(tree: Any, rng: np.random.Generator) -> None:
    """Use a section twice by an alias."""
    one, other = _spot(tree, rng), _spot(tree, rng)
    if one and other and one[0] is not other[0][other[1]]:
        value = other[0][other[1]]
        inside = [at for at, _ in _spots(value)] if isinstance(value, dict | list) else []
        if all(at is not one[0] for at in inside):
            one[0][one[1]] = value


TREE_CHANGES: tuple[Callable[[Any, np.random.Generator], None], ...] = (
    delete, number, text, plain, wrap, unwrap, rename, move, repeat, share,
)  # fmt: skip


# -- changes of the bytes -------------------------------------------------------------------------


def cut(content: bytes, rng: np.random.Generator) -> bytes:
    """Keep only the beginning."""
    return content[: int(rng.integers(len(content) + 1))]


def flip(content: bytes, rng: np.random.Generator) -> bytes:
    """Flip a few bits."""
    spoilt = bytearray(content)
    for _ in range(int(rng.integers(1, 9)) if spoilt else 0):
        spoilt[int(rng.integers(len(spoilt)))] ^= 1 << int(rng.integers(8))
    return bytes(spoilt)


def insert(content: bytes, rng: np.random.Generator) -> bytes:
    """Insert a piece of YAML's grammar anywhere."""
    at = int(rng.integers(len(content) + 1))
    return content[:at] + _pick(SNIPPETS, rng).encode("utf-8", "surrogatepass") + content[at:]


def double_line(content: bytes, rng: np.random.Generator) -> bytes:
    """Double a line, or remove its indentation."""
    lines = content.split(b"\n")
    at = int(rng.integers(len(lines)))
    again = lines[at].lstrip() if rng.random() < 0.3 else lines[at]
    return b"\n".join([*lines[: at + 1], again, *lines[at + 1 :]])


def nest(content: bytes, rng: np.random.Generator) -> bytes:
    """Insert thousands of brackets."""
    sign = _pick((b"[", b"{a: ", b"- ", b"? ", b"{"), rng)
    return content + b"\nz: " * int(rng.random() < 0.8) + sign * _pick((40, 3000, 10_000), rng)


def laugh(content: bytes, rng: np.random.Generator) -> bytes:
    """Add aliases of aliases, or an alias of itself."""
    if rng.random() < 0.3:
        return content + b"\nz: &z [*z]\n"
    lines = ["z0: &z0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"z{i}: &z{i} [{', '.join([f'*z{i - 1}'] * 9)}]" for i in range(1, 9)]
    return content + ("\n" + "\n".join(lines) + "\n").encode()


BYTE_CHANGES: tuple[Callable[[bytes, np.random.Generator], bytes], ...] = (
    cut, flip, insert, double_line, nest, laugh,
)  # fmt: skip


# -- validating them ------------------------------------------------------------------------------


def tried(each: Mutant, folder: Path, patience: int = PATIENCE) -> Outcome:
    """Validate a mutant in this process, as `arena validate` does."""
    path = folder / "scenario.yaml"
    path.write_bytes(each.content)
    signal.signal(signal.SIGALRM, _too_long)
    signal.alarm(patience)
    began = time.process_time()
    try:
        status, said = _validated(path)
        fault = _fault(status, said)
    except TimeoutError:
        status, fault = -1, "hangs"
    finally:
        signal.alarm(0)
    return Outcome(each, status, time.process_time() - began, fault)


def _validated(path: Path) -> tuple[int, str]:
    """The exit status of `arena validate`, and its output."""
    said = io.StringIO()
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
        try:
            _command()(["validate", str(path)])
        except SystemExit as ended:
            return int(ended.code or 0), said.getvalue()
    return 0, said.getvalue()


@functools.cache
def _command() -> Any:
    return typer.main.get_command(app)  # creating it anew would take longer than the validation


def _too_long(*_: Any) -> None:
    raise TimeoutError


def _fault(status: int, said: str) -> str | None:
    first = (said.strip().splitlines() or ["nothing"])[0]
    if status not in (0, WRONG_INPUT):
        return first
    if status == WRONG_INPUT and "scenario.yaml" not in said:
        return f"names no file: {first}"
    raw = sorted(STEERING & set(said))
    return f"prints raw control characters: {raw!r}" if raw else None


def main() -> None:
    """Print how the mutants ended, and each fault with its seed."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--mutants", type=int, default=1000)
    parser.add_argument("--first", type=int, default=0, help="the first seed")
    parser.add_argument("--only", type=int, help="one seed: show the mutant and its message")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        if options.only is not None:
            each = mutant(options.only)
            sys.stdout.buffer.write(each.content + b"\n")
            print(json.dumps(each.changes), tried(each, Path(folder)).fault)
            return
        tried(Mutant(-1, "quickstart", (), _source("quickstart").encode()), Path(folder))  # imports
        seeds = range(options.first, options.first + options.mutants)
        outcomes = []
        for seed in seeds:
            outcomes.append(tried(mutant(seed), Path(folder)))
            if len(outcomes) % 1000 == 0:
                found = sum(each.fault is not None for each in outcomes)
                print(f"{len(outcomes)} mutants, {found} faults", file=sys.stderr, flush=True)
    statuses = Counter(each.status for each in outcomes)
    slowest = max(outcomes, key=lambda each: each.seconds)
    print(f"{len(outcomes)} mutants: {statuses[0]} valid, {statuses[WRONG_INPUT]} refused")
    print(f"slowest: {slowest.seconds:.2f} s (seed {slowest.mutant.seed}, {slowest.mutant.base})")
    faults = [each for each in outcomes if each.fault]
    print(f"faults: {len(faults)}")
    for each in faults[:40]:
        print(f"  seed {each.mutant.seed}, {each.mutant.base}, {each.mutant.changes}: {each.fault}")


if __name__ == "__main__":
    main()
