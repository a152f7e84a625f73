"""Oddities of prompts that people type: pleasantries, codes, dates, numbers, slips, stray words.

They change the words round the material, never the material, so the answer stays. A form says in
its salt which oddity its text has, so a prompt with an oddity has a form like any other.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

import numpy as np

from arena.corpora.instructions.language import FIRST_NAMES
from arena.corpora.townlore import distractors
from arena.corpora.townlore.seeded_choice import Choice

SALTS = 1 << 24  # salts of a wording; above them, a salt says which oddity
_WORD = re.compile(r"[A-Za-z]{4,}")
_END = re.compile(r"[.?!:]+$")
_LETTERS = "ABCDEFGHJKLMNPRSTUVWXYZ"
_HELLO = (
    "Hello,", "Hi there,", "Hey,", "Good morning,", "Good evening,", "Dear assistant,", "Please,",
    "Quick question:", "Sorry,",
)  # fmt: skip
_BYE = (
    "Thanks!", "Thank you.", "Thanks in advance.", "Please and thank you.", "Cheers!", "thx",
    "Many thanks.", "Please.",
)  # fmt: skip
_REGARDS = ("With kind regards,", "Kind regards,", "Best wishes,", "Yours,", "Warm regards,")
_MONTHS = ("Jan", "Feb", "March", "April", "May", "June", "July", "Sept", "Oct", "Nov", "Dec")


def _swapped(text: str, choose: Choice) -> str:
    """Swap two neighbouring letters of a word."""
    at = _inside(text, choose)
    return text[:at] + text[at + 1] + text[at] + text[at + 2 :]


def _dropped(text: str, choose: Choice) -> str:
    at = _inside(text, choose)
    return text[:at] + text[at + 1 :]


def _doubled(text: str, choose: Choice) -> str:
    at = _inside(text, choose)
    return text[:at] + text[at] + text[at:]


def _inside(text: str, choose: Choice) -> int:
    """Choose a letter of a word, neither its first nor its last."""
    word = choose([match.span() for match in _WORD.finditer(text)])
    return choose(range(word[0] + 1, word[1] - 1))


def _loud(text: str, choose: Choice) -> str:
    begin, end = choose([match.span() for match in _WORD.finditer(text)])
    return text[:begin] + text[begin:end].upper() + text[end:]


def _small(text: str, choose: Choice) -> str:
    """Write in lower case, without a mark at the end."""
    return _END.sub("", text.lower())


def _code(text: str, choose: Choice) -> str:
    code = f"{choose(_LETTERS)}{choose(_LETTERS)}-{choose(range(100, 10_000))}"
    return choose((f"{text} [{code}]", f"ref. {code}: {text}", f"{text} (ticket {code})"))


def _dated(text: str, choose: Choice) -> str:
    day, year = choose(range(1, 29)), choose(range(2015, 2027))
    date = choose((f"{day}.{choose(range(1, 13))}.{year}", f"{day} {choose(_MONTHS)} {year}"))
    return choose((f"{date}: {text}", f"{text} ({date})"))


def _numbered(text: str, choose: Choice) -> str:
    number = choose(range(2, 60))
    return choose((f"question {number}: {text}", f"{number}) {text}", f"no. {number} - {text}"))


def _greeted(text: str, choose: Choice) -> str:
    first = text[0] if re.match("I\\b", text) else text[0].lower()
    return f"{choose(_HELLO)} {first}{text[1:]}"


def _thanked(text: str, choose: Choice) -> str:
    return f"{text} {choose(_BYE)}"


def _signed(text: str, choose: Choice) -> str:
    return f"{text} {choose(_REGARDS)} {choose(FIRST_NAMES)}"


def _stray_word(text: str, choose: Choice) -> str:
    words = text.split(" ")
    words.insert(choose(range(len(words) + 1)), choose(distractors.WORDS))
    return " ".join(words)


def _stray_sentence(text: str, choose: Choice) -> str:
    stray = distractors.sentence(np.random.default_rng(choose(range(1 << 31))))
    return choose((f"{stray} {text}", f"{text} {stray}"))


Oddity = Callable[[str, Choice], str]
SLIPS: Mapping[str, Oddity] = {
    "swapped": _swapped, "dropped": _dropped, "doubled": _doubled, "loud": _loud, "small": _small,
    "code": _code, "date": _dated, "number": _numbered, "greeting": _greeted, "thanks": _thanked,
    "regards": _signed,
}  # fmt: skip
STRAYS: Mapping[str, Oddity] = {"stray_word": _stray_word, "stray_sentence": _stray_sentence}
_ALL = (*SLIPS.items(), *STRAYS.items())
NAMES: tuple[str, ...] = tuple(name for name, _ in _ALL)


def salted(oddity: str | None, salt: int) -> int:
    """Return the salt of a form with that oddity (None: without any); `salt` is below SALTS."""
    return salt if oddity is None else (1 + NAMES.index(oddity)) * SALTS + salt


def of_salt(salt: int) -> tuple[str | None, int]:
    """Return the oddity that a form's salt says, if any, and the salt of its wording."""
    at, rest = divmod(salt, SALTS)
    return (NAMES[at - 1] if 0 < at <= len(NAMES) else None), rest


def add(oddity: str | None, text: str, choose: Choice) -> str:
    """Add the oddity to the text."""
    return text if oddity is None else dict(_ALL)[oddity](text, choose)
