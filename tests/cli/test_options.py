import pytest

from arena.cli.options import read_seeds
from arena.errors import InputError


@pytest.mark.parametrize(
    ("text", "seeds"),
    [
        (None, None),
        ("0", (0,)),
        ("0,1,2", (0, 1, 2)),
        ("0-7", tuple(range(8))),
        ("5, 1-3 ,9", (5, 1, 2, 3, 9)),
        ("4-4", (4,)),
    ],
)
def test_lists_and_ranges(text: str | None, seeds: tuple[int, ...] | None) -> None:
    assert read_seeds(text) == seeds


@pytest.mark.parametrize(
    "text", ["", "a", "1,", "-1", "3-1", "1--2", "1.5", "0-99999999999", "1;2"]
)
def test_what_is_no_list_of_seeds(text: str) -> None:
    with pytest.raises(InputError, match="--seeds: must be numbers or ranges"):
        read_seeds(text)
