"""The words of a text, in languages that put spaces between them and in those that do not."""

from __future__ import annotations

import regex

# Scripts written without spaces between words. Without a dictionary to find word ends, every
# grapheme cluster (a letter with its vowel signs and tone marks) counts as one word.
UNSPACED = (
    "Han", "Hiragana", "Katakana", "Bopomofo", "Yi", "Thai", "Lao", "Khmer", "Myanmar", "Tibetan",
    "Tai_Le", "New_Tai_Lue", "Tai_Tham", "Tai_Viet", "Javanese", "Balinese",
)  # fmt: skip
_OF = "".join(rf"\p{{Script={name}}}" for name in UNSPACED)
_UNSPACED = regex.compile(f"[{_OF}]")
# the prolonged sound mark and closing punctuation belong to the character before them
_WORD = regex.compile(rf"(?=[{_OF}])\X[\u30fc\p{{Pe}}\p{{Pf}}\p{{Po}}]*|(?:(?![{_OF}\s])\X)+")
_SPACED_CONTENT = regex.compile(r"[\p{L}\p{M}\p{N}]+")
_CONTENT = regex.compile(rf"(?=[{_OF}])\X|(?:(?![{_OF}])[\p{{L}}\p{{M}}\p{{N}}])+")


def count_words(text: str) -> int:
    """Return the number of words: pieces between white space, and every character of a script that
    is written without spaces."""
    return sum(1 for _ in _WORD.finditer(text)) if _UNSPACED.search(text) else len(text.split())


def parted(text: str, words: int) -> tuple[str, str]:
    """Return the first words of a text, and the rest; white space in spaced text is folded."""
    if not _UNSPACED.search(text):
        parts = text.split()
        return " ".join(parts[:words]), " ".join(parts[words:])
    ends = [match.end() for match in _WORD.finditer(text)]
    cut = ends[min(words, len(ends)) - 1] if words > 0 and ends else 0
    return " ".join(text[:cut].split()), " ".join(text[cut:].split())


def content_words(text: str) -> set[str]:
    """Return the set of words in lower case without punctuation, to compare two texts."""
    pattern = _CONTENT if _UNSPACED.search(text) else _SPACED_CONTENT
    return set(pattern.findall(text.lower()))
