"""The tasks: what is asked, in which wordings, and the answer.

A content is a task and a choice on each of the task's axes (`add/17|25`). Nothing is written out
before it is used: a task knows how many contents it has, and returns any one of them by number.
"""

from __future__ import annotations

import math
import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from arena.corpora.instructions import facts, language, talk

Axis = tuple[str, ...]


def _as_they_are(*parts: str) -> tuple[str, ...]:
    return parts


@dataclass(frozen=True)
class Task:
    """One kind of request.

    Attributes:
        wordings: requests, all starting in lower case; `{0}`, `{1}`, ... are its material.
        axes: the values of each part of a content.
        answer: the answer, from the parts.
        show: the material of the wordings, from the parts (by default the parts themselves).
        checkable: whether the answer is the only right one.
    """

    wordings: Axis
    axes: tuple[Axis, ...]
    answer: Callable[..., str]
    show: Callable[..., tuple[str, ...]] = _as_they_are
    checkable: bool = True

    @property
    def size(self) -> int:
        """The number of contents."""
        return math.prod(len(axis) for axis in self.axes)

    def key(self, number: int) -> str:
        """Return the content of a number in [0, size): its parts, joined by `|`."""
        parts = []
        for axis in reversed(self.axes):
            number, at = divmod(number, len(axis))
            parts.append(axis[at])
        return "|".join(reversed(parts))

    def parts(self, key: str) -> tuple[str, ...] | None:
        """Return the parts of a content; None if the task has no such content."""
        parts = tuple(key.split("|"))
        right = len(parts) == len(self.axes)
        return parts if right and all(map(_has, self._values, parts)) else None

    @cached_property
    def _values(self) -> tuple[frozenset[str], ...]:
        return tuple(frozenset(axis) for axis in self.axes)


def _has(values: frozenset[str], part: str) -> bool:
    return part in values


def _task(
    wordings: str,
    *axes: Iterable[str],
    answer: Callable[..., str],
    show: Callable[..., tuple[str, ...]] = _as_they_are,
    checkable: bool = True,
) -> Task:
    worded = tuple(wording.strip() for wording in wordings.split(" / "))
    return Task(worded, tuple(tuple(axis) for axis in axes), answer, show, checkable)


def _table(wordings: str, rows: Mapping[str, str], *, checkable: bool = True) -> Task:
    return _task(wordings, rows, answer=rows.__getitem__, checkable=checkable)


_ONES = facts.names(
    "zero, one, two, three, four, five, six, seven, eight, nine, ten, eleven, twelve, thirteen,"
    "fourteen, fifteen, sixteen, seventeen, eighteen, nineteen"
)
_TENS = facts.names("twenty, thirty, forty, fifty, sixty, seventy, eighty, ninety")
_IN_WORDS = {
    n: _ONES[n] if n < 20 else _TENS[n // 10 - 2] + (f"-{_ONES[n % 10]}" if n % 10 else "")
    for n in range(100)
}
_FROM_WORDS = {text: n for n, text in _IN_WORDS.items()}
_ROMAN = ((40, "XL"), (10, "X"), (9, "IX"), (5, "V"), (4, "IV"), (1, "I"))
_UNITS = {
    "minutes in hours": 60, "seconds in minutes": 60, "hours in days": 24, "days in weeks": 7,
    "months in years": 12, "centimetres in metres": 100, "grams in kilograms": 1000,
}  # fmt: skip
_THIRD = len(language.WORDS) // 3
_THIRDS = tuple(language.WORDS[at * _THIRD : (at + 1) * _THIRD] for at in range(3))
_SHORT, _MIDDLE, _LONG = (
    tuple(word for word in language.WORDS if low <= len(word) <= high)
    for low, high in ((1, 5), (6, 6), (7, 20))
)
# No thing of the first kinds could be taken for one of the second kinds.
_ALIKE = facts.names(
    "fruits, farm animals, vehicles, planets, feelings, parts of the body, dog breeds, flowers"
)
_OTHER = facts.names(
    "pieces of clothing, musical instruments, kitchen tools, pieces of furniture, jobs"
)
_KEPT, _GIVEN = "finds", "gives away"


def _range(first: int, last: int) -> Axis:
    return tuple(str(n) for n in range(first, last + 1))


def _turned(parts: Sequence[str]) -> list[str]:
    """Return the parts in another order, so that a place gives no answer away."""
    return sorted(parts, key=lambda part: zlib.crc32(" ".join((*parts, part)).encode()))


def _listed(parts: Sequence[str]) -> str:
    return ", ".join(parts)


def _roman(n: int) -> str:
    text = ""
    for value, letters in _ROMAN:
        while n >= value:
            text, n = text + letters, n - value
    return text


def _story(who: str, what: str, had: str, does: str, many: str) -> tuple[str, ...]:
    change = f"{does} {many}" + (" more" if does == _KEPT else "")
    return (f"{who} has {had} {what} and {change}. How many {what} does {who} have now",)


def _story_answer(who: str, what: str, had: str, does: str, many: str) -> str:
    return str(int(had) + int(many) if does == _KEPT else int(had) - int(many))


def _after(names: Axis, name: str, steps: int) -> str:
    return names[(names.index(name) + steps) % len(names)]


def _some_of(count: str, kind: str) -> str:
    return _listed(facts.CATEGORIES[kind][: _FROM_WORDS[count]])


def _group(kind: str, at: str, other: str, one: str) -> tuple[str, ...]:
    alike = [facts.CATEGORIES[kind][(int(at) + k) % 8] for k in range(3)]
    return (_listed(_turned([*alike, facts.CATEGORIES[other][int(one)]])),)


def _stranger(kind: str, at: str, other: str, one: str) -> str:
    return facts.CATEGORIES[other][int(one)]


def _with_article(word: str) -> str:
    return f"{'an' if word[0] in 'aeiou' else 'a'} {word}"


def _politely(order: str) -> str:
    return f"Could you please {order[0].lower()}{order[1:]}?"


def _sentence(who: str, doing: str) -> tuple[str, ...]:
    return (f"{who} {doing}",)


def _review(thing: str, opinion: str) -> tuple[str, ...]:
    return (f"The {thing} {opinion}",)


ARITHMETIC: Mapping[str, Task] = {
    "add": _task(
        "what is {0} plus {1}? / how much is {0} plus {1}? / add {0} and {1} together. /"
        " tell me the sum of {0} and {1}. / {0} + {1}, how much is that?",
        _range(21, 80), _range(2, 20), answer=lambda a, b: str(int(a) + int(b)),
    ),
    "add_words": _task(
        "what is {0} plus {1}? / add {0} and {1} together. / how much is {0} plus {1}? /"
        " what do {0} and {1} make together?",
        [_IN_WORDS[n] for n in range(11, 60)], [_IN_WORDS[n] for n in range(2, 10)],
        answer=lambda a, b: _IN_WORDS[_FROM_WORDS[a] + _FROM_WORDS[b]],
    ),
    "subtract": _task(
        "what is {0} minus {1}? / how much is {0} minus {1}? / take away {1} from {0}. /"
        " what is left after taking {1} from {0}?",
        _range(31, 90), _range(2, 29), answer=lambda a, b: str(int(a) - int(b)),
    ),
    "multiply": _task(
        "what is {0} times {1}? / how much is {0} times {1}? / work out {0} multiplied by {1}. /"
        " tell me the product of {0} and {1}.",
        _range(2, 12), _range(2, 12), answer=lambda a, b: str(int(a) * int(b)),
    ),
    "divide": _task(
        "what is {0} divided by {1}? / work out {0} divided by {1}. /"
        " how many times does {1} go into {0}?",
        _range(2, 12), _range(2, 12), answer=lambda a, b: a,
        show=lambda a, b: (str(int(a) * int(b)), b),
    ),
    "double": _task(
        "what is twice as much as {0}? / give me the double of {0}. /"
        " what number is the double of {0}?",
        _range(6, 99), answer=lambda a: str(2 * int(a)),
    ),
    "half": _task(
        "what is half of {0}? / tell me what half of {0} is. / which number is half of {0}?",
        _range(5, 90), answer=lambda a: a, show=lambda a: (str(2 * int(a)),),
    ),
    "story": _task(
        "work this out: {0}? / solve this little problem: {0}? /"
        " here is a sum from class: {0}? / give me only the number: {0}?",
        language.FIRST_NAMES, facts.names("stamps, marbles, books, shells, pencils, stickers"),
        _range(12, 40), (_KEPT, _GIVEN), _range(2, 9), answer=_story_answer, show=_story,
    ),
    "next_number": _task(
        "which number comes next: {0}? / continue this row of numbers: {0}. /"
        " what number follows in the row {0}?",
        _range(1, 30), _range(2, 9), answer=lambda a, b: str(int(a) + 4 * int(b)),
        show=lambda a, b: (_listed([str(int(a) + k * int(b)) for k in range(4)]),),
    ),
    "larger": _task(
        "which number is larger, {0} or {1}? / tell me the larger number, {0} or {1}. /"
        " {0} or {1}, which is more?",
        _range(11, 49), _range(50, 99), answer=lambda a, b: b,
        show=lambda a, b: tuple(_turned([a, b])),
    ),
    "parity": _task(
        "is the number {0} even or odd? / even or odd, which is {0}? /"
        " tell me whether {0} is even or odd.",
        _range(11, 240), answer=lambda a: "odd" if int(a) % 2 else "even",
    ),
    "units": _task(
        "how many {0} are there in {1}? / change {1} into {0} and give me the number. /"
        " {1}, how many {0} is that?",
        _UNITS, _range(2, 20), answer=lambda unit, n: str(_UNITS[unit] * int(n)),
        show=lambda unit, n: (unit.split()[0], f"{n} {unit.split()[2]}"),
    ),
    "in_words": _task(
        "write the number {0} in words. / how do you write {0} in words? /"
        " spell out the number {0}.",
        _range(11, 99), answer=lambda n: _IN_WORDS[int(n)],
    ),
    "roman": _task(
        "write {0} as a Roman numeral. / what is {0} in Roman numerals? /"
        " give me the Roman numeral for {0}.",
        _range(2, 49), answer=lambda n: _roman(int(n)),
    ),
    "sort_numbers": _task(
        "put these numbers in order, smallest first: {0}. / sort these numbers from low up: {0}. /"
        " which order is right, starting with the smallest: {0}?",
        _range(10, 19), _range(20, 49), _range(50, 99), answer=lambda *n: _listed(n),
        show=lambda *n: (_listed(_turned(n)),),
    ),
}  # fmt: skip

WORDING: Mapping[str, Task] = {
    "plural": _table(
        "what is the plural of {0}? / give me the plural of {0}. / make this word plural: {0}. /"
        ' how do you write "{0}" in the plural? / one {0}, but two what?',
        language.PLURALS,
    ),
    "past_tense": _table(
        'what is the past tense of "{0}"? / give me the past tense of {0}. /'
        " put this verb in the past tense: {0}. / today I {0}, but yesterday I what?",
        language.PAST,
    ),
    "past_sentence": _task(
        'put this sentence in the past tense: {0}. / rewrite this in the past tense: {0}. /'
        ' change "{0}" into the past tense.',
        language.WHO, language.DOING, answer=lambda who, do: f"{who} {language.DOING[do]}.",
        show=_sentence,
    ),
    "upper_case": _task(
        'write "{0}" in capital letters. / put this in upper case: {0}. /'
        " turn these words into capitals: {0}.",
        language.QUALITIES, _THIRDS[0], answer=lambda a, b: f"{a} {b}".upper(),
        show=lambda a, b: (f"{a} {b}",),
    ),
    "politer": _task(
        'make this sound more polite: {0}. / how can I say this more politely: {0}? /'
        ' rewrite "{0}" as a polite request.',
        language.ORDERS, answer=_politely, checkable=False,
    ),
    "opposite": _table(
        'what is the opposite of "{0}"? / give me the opposite of {0}. /'
        " which word means the opposite of {0}? / I need the opposite of {0}.",
        {**{new: old for old, new in language.OPPOSITES.items()}, **language.OPPOSITES},
    ),
    "synonym": _table(
        'what is another word for "{0}"? / give me a synonym for {0}. /'
        " which word means the same as {0}?",
        language.SYNONYMS, checkable=False,
    ),
    "rhyme": _table(
        'which word rhymes with "{0}"? / give me a rhyme for {0}. /'
        " I need a word that rhymes with {0}.",
        language.RHYMES, checkable=False,
    ),
    "sentence": _task(
        'write a short sentence with the word "{0}". / use the word {0} in a sentence. /'
        ' make up one sentence about "{0}".',
        language.PLURALS, answer=lambda w: f"She drew a picture of {_with_article(w)}.",
        checkable=False,
    ),
    "letters": _task(
        'how many letters are in the word "{0}"? / count all the letters in {0}. /'
        " how long is the word {0}, in letters?",
        language.WORDS, answer=lambda w: str(len(w)),
    ),
    "letter_count": _task(
        'how many times is the letter {1} in "{0}"? / count the letter {1} in the word {0}. /'
        " how often does {0} contain the letter {1}?",
        language.WORDS, tuple("aeort"), answer=lambda w, letter: str(w.count(letter)),
    ),
    "first_letter": _task(
        'what is the first letter of "{0}"? / which letter does {0} begin with? /'
        " tell me the first letter of {0}.",
        language.WORDS, answer=lambda w: w[0],
    ),
    "last_letter": _task(
        'what is the last letter of "{0}"? / which letter does {0} end with? /'
        " tell me the last letter of {0}.",
        language.WORDS, answer=lambda w: w[-1],
    ),
    "spell": _task(
        "spell the word {0} with dashes. / spell {0} with a dash between letters. /"
        ' spell "{0}" letter by letter, with dashes.',
        language.WORDS, answer="-".join,
    ),
    "backwards": _task(
        'write the word "{0}" backwards. / turn the word {0} around. /'
        " what does {0} read like backwards?",
        language.WORDS, answer=lambda w: w[::-1],
    ),
    "vowel": _task(
        'does the word "{0}" begin with a vowel? / vowel or not, how does {0} begin? Yes or no. /'
        " yes or no, is the first letter of {0} a vowel?",
        language.WORDS, answer=lambda w: "yes" if w[0] in "aeiou" else "no",
    ),
    "sort_words": _task(
        "sort these words by the alphabet: {0}. / put these in alphabetical order: {0}. /"
        " which order is alphabetical: {0}?",
        *_THIRDS, answer=lambda *w: _listed(sorted(w)), show=lambda *w: (_listed(w),),
    ),
    "longest": _task(
        "which of these words is the longest: {0}? / find the longest word here: {0}. /"
        " which word has the most letters: {0}?",
        _SHORT, _MIDDLE, _LONG, answer=lambda a, b, c: c,
        show=lambda *w: (_listed(_turned(w)),),
    ),
    "count_words": _task(
        'how many words are in the sentence "{0}"? / count all the words in "{0}". /'
        " tell me the number of words here: {0}.",
        language.WHO, language.DOING, answer=lambda *p: str(len(_sentence(*p)[0].split())),
        show=_sentence,
    ),
    "initials": _task(
        "write the initials of {0} without dots. / what are the initials of {0}, without dots? /"
        " {0}, which two letters are the initials?",
        language.FIRST_NAMES, language.LAST_NAMES, answer=lambda a, b: f"{a[0]}{b[0]}",
        show=lambda a, b: (f"{a} {b}",),
    ),
    "to_french": _table(
        'how do you say "{0}" in French? / translate the word "{0}" into French. /'
        ' what is the French word for "{0}"? / I need the French word for {0}.',
        language.FRENCH,
    ),
    "from_french": _table(
        'what does the French word "{0}" mean? / translate "{0}" from French into English. /'
        " what is {0} in English? It is French.",
        {word: english for english, word in language.FRENCH.items()},
    ),
    "to_spanish": _table(
        'how do you say "{0}" in Spanish? / translate the word "{0}" into Spanish. /'
        ' what is the Spanish word for "{0}"? / I need the Spanish word for {0}.',
        language.SPANISH,
    ),
    "from_spanish": _table(
        'what does the Spanish word "{0}" mean? / translate "{0}" from Spanish into English. /'
        " what is {0} in English? It is Spanish.",
        {word: english for english, word in language.SPANISH.items()},
    ),
    "proverb": _table(
        'how would you finish the proverb "{0} ..."? / how does the saying go on: {0} ...? /'
        ' tell me the end of the saying "{0} ...".',
        talk.PROVERBS,
    ),
}  # fmt: skip

WORLD: Mapping[str, Task] = {
    "capital": _table(
        "what is the capital of {0}? / which city is the capital of {0}? /"
        " tell me the capital of {0}. / name the capital city of {0}. / {0}, what is its capital?",
        facts.CAPITALS,
    ),
    "country": _table(
        "which country has the capital {0}? / {0} is the capital of which country? /"
        " tell me the country whose capital is {0}.",
        {city: country for country, city in facts.CAPITALS.items()},
    ),
    "continent": _table(
        "on which continent is {0}? / which continent does {0} belong to? /"
        " tell me the continent of {0}.",
        facts.CONTINENTS,
    ),
    "colour": _table(
        "what colour is {0} most often? / tell me the usual colour of {0}. /"
        " which colour does {0} have?",
        facts.COLOURS,
    ),
    "sound": _table(
        "what sound does {0} make? / which noise does {0} make? /"
        " tell me the sound that {0} makes.",
        facts.SOUNDS, checkable=False,
    ),
    "young": _table(
        "what is a young {0} called? / what do we call a baby {0}? /"
        " give me the word for a young {0}.",
        facts.YOUNG,
    ),
    "use": _table(
        "what do people use {0} for? / tell me the purpose of {0}. /"
        " what is the point of {0}, in one sentence?",
        facts.USES, checkable=False,
    ),
    "day": _task(
        "which day comes {0} days after {1}? / what day is it {0} days after {1}? /"
        " count {0} days on from {1}: which day is that?",
        [_IN_WORDS[n] for n in range(2, 13)], facts.DAYS,
        answer=lambda n, day: _after(facts.DAYS, day, _FROM_WORDS[n]),
    ),
    "month": _task(
        "which month comes {0} months after {1}? / what month is it {0} months after {1}? /"
        " count {0} months on from {1}: which month is that?",
        [_IN_WORDS[n] for n in range(2, 12)], facts.MONTHS,
        answer=lambda n, month: _after(facts.MONTHS, month, _FROM_WORDS[n]),
    ),
    "listing": _task(
        "name {0} {1}. Nothing else. / give me a list of {0} {1}. /"
        " can you list {0} {1}? / I need {0} {1}, divided by commas. / what are {0} common {1}?",
        facts.names("two, three, four, five"), facts.CATEGORIES, answer=_some_of, checkable=False,
    ),
    "odd_one_out": _task(
        "which word does not belong here: {0}? / find the odd one out: {0}. /"
        " one of these is different, which one: {0}?",
        _ALIKE, _range(0, 7), _OTHER, _range(0, 7), answer=_stranger, show=_group,
    ),
    "animal_or_plant": _table(
        'does the word "{0}" name an animal or a plant? / animal or plant, which is "{0}"? /'
        " tell me whether {0} is an animal or a plant.",
        facts.classes(facts.LIVING),
    ),
    "fruit_or_vegetable": _table(
        "do cooks call {0} a fruit or a vegetable? / fruit or vegetable, what would you call"
        " {0}? / is {0} usually called a fruit or a vegetable?",
        facts.classes(facts.GROWN),
    ),
    "hot_or_cold": _table(
        "hot or cold, which fits {0}? / tell me in one word, hot or cold: {0}. /"
        ' which fits "{0}" better, hot or cold?',
        facts.classes(facts.TEMPERATURES),
    ),
    "review": _task(
        'is this review positive or negative: {0}? / positive or negative, what is the review'
        ' "{0}"? / tell me the mood of this review, positive or negative: {0}.',
        talk.THINGS, talk.FEELING, answer=lambda thing, opinion: talk.FEELING[opinion],
        show=_review,
    ),
    "advice": _table(
        "how can I {0}? Keep it short. / give me one tip on how to {0}. /"
        " what helps me to {0}? Answer in one sentence. / I want to {0}. Any advice?",
        talk.ADVICE, checkable=False,
    ),
}  # fmt: skip

TASKS: Mapping[str, Task] = {**ARITHMETIC, **WORDING, **WORLD}
CHECKABLE: Mapping[str, Task] = {name: task for name, task in TASKS.items() if task.checkable}
