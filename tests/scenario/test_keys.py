import pytest
from hypothesis import given
from hypothesis import strategies as st

from arena.errors import InputError
from arena.scenario import keys

WORDS = st.from_regex(r"[a-z_][a-z0-9_-]{0,8}", fullmatch=True)
PATHS = st.lists(WORDS | st.integers(0, 99), min_size=1, max_size=6).map(tuple)


@given(PATHS)
def test_parse_undoes_text(path: keys.KeyPath) -> None:
    assert keys.parse(keys.text(path)) == path


def test_text_reads_like_the_house_style() -> None:
    assert keys.text(("actors", 1, "poison", "rate")) == "actors[1].poison.rate"
    assert keys.text(()) == ""


@pytest.mark.parametrize("key", ["", ".a", "a.", "a..b", "a[x]", "a[1", "a b", "a]", "a[-1]"])
def test_what_is_no_key(key: str) -> None:
    with pytest.raises(InputError, match="not a key"):
        keys.parse(key)
