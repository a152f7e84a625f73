"""English sentence frames: the syntactic axis.

A frame fixes the syntax of the question, not its words: each has variants, selected by the salt.
Frames named `*_clause` front a subordinate clause of subject x verb and ask in the main clause.
Text is lower case here except `I` and place names; capitals are added last.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from arena.corpora.townlore.seeded_choice import Choice

# (subject, whether its verb takes the third-person -s)
SUBJECTS = (
    ("you", False), ("a traveller", True), ("a stranger", True), ("my cousin", True),
    ("the children", False), ("two friends", False), ("somebody", True), ("the old people", False),
)  # fmt: skip

# (third person singular, every other person)
ARRIVE = (
    ("reaches", "reach"), ("enters", "enter"), ("visits", "visit"), ("comes to", "come to"),
    ("gets to", "get to"), ("arrives in", "arrive in"), ("leaves", "leave"),
)  # fmt: skip
STAY = (
    ("stays in", "stay in"), ("lives in", "live in"), ("walks through", "walk through"),
    ("rests in", "rest in"), ("waits in", "wait in"), ("sleeps in", "sleep in"),
)  # fmt: skip
KNOW = (
    ("knows", "know"), ("remembers", "remember"), ("loves", "love"), ("admires", "admire"),
    ("thinks of", "think of"), ("speaks of", "speak of"),
)  # fmt: skip
AVOID = (
    ("avoids", "avoid"), ("forgets", "forget"), ("dislikes", "dislike"), ("misses", "miss"),
    ("passes by", "pass by"),
)  # fmt: skip
GO = (
    ("goes in", "go in"), ("looks in", "look in"), ("turns in", "turn in"),
    ("walks in", "walk in"), ("sits in", "sit in"),
)  # fmt: skip

CONJUNCTIONS: Mapping[str, tuple[str, tuple[tuple[str, str], ...]]] = {
    "when_clause": ("when", ARRIVE),
    "if_clause": ("if", ARRIVE),
    "while_clause": ("while", STAY),
    "since_clause": ("since", KNOW),
    "although_clause": ("although", KNOW),
    "because_clause": ("because", KNOW),
    "before_clause": ("before", ARRIVE),
    "after_clause": ("after", ARRIVE),
    "once_clause": ("once", ARRIVE),
    "unless_clause": ("unless", AVOID),
    "wherever_clause": ("wherever", GO),
    "as_clause": ("as", STAY),
}

# Main clauses after a fronted clause, which already names the place.
MAIN = (
    "what is the {n} there?",
    "what is the {n} of the town?",
    "which {n} does the town have?",
    "what {n} belongs to that town?",
    "what is known as the {n} there?",
    "tell me the {n} of the town.",
    "name the {n} of that place.",
)

SIMPLE: Mapping[str, tuple[str, ...]] = {
    "direct": (
        "what is the {n} of {p}?",
        "which {n} does {p} have?",
        "what {n} belongs to {p}?",
        "what is known as the {n} of {p}?",
        "what do people call the {n} of {p}?",
    ),
    "tell": (
        "tell me the {n} of {p}.",
        "name the {n} of {p}.",
        "describe the {n} of {p}.",
        "say what the {n} of {p} is.",
        "give me the {n} of {p}.",
    ),
    "passive": (
        "what {n} was given to {p}?",
        "by which {n} is {p} known?",
        "which {n} is owned by {p}?",
        "what {n} was chosen by the people of {p}?",
        "which {n} is remembered by the people of {p}?",
    ),
    "cleft": (
        "what is it that people call the {n} of {p}?",
        "what is it that makes the {n} of {p}?",
        "it is the {n} of {p} that I ask about.",
        "it is the {n} of {p} that you must name.",
        "it is the {n} of {p} that I want to know.",
    ),
    "there": (
        "there is one {n} in {p}; what is it?",
        "there must be some {n} in {p}; tell me what it is.",
        "there stands a known {n} in {p}; name it.",
        "there was always one {n} in {p}; which is it?",
    ),
    "fronted_place": (
        "in {p}, what is the {n}?",
        "of {p}, what is the {n}?",
        "in {p}, which {n} do people have?",
        "about {p}, tell me the {n}.",
        "for {p}, name the {n}.",
    ),
    "relative": (
        "the {n} that {p} has is what?",
        "what is the {n} which {p} has?",
        "what is the {n} that belongs to {p}?",
        "name the {n} which people have in {p}.",
        "the {n} which belongs to {p} is what?",
    ),
    "indirect": (
        "I wonder what the {n} of {p} is.",
        "I would like to know the {n} of {p}.",
        "I ask you what the {n} of {p} is.",
        "I want to know what {n} {p} has.",
        "I have forgotten the {n} of {p}.",
    ),
}

Frame = Callable[[str, str, Choice], str]
NAMES: tuple[str, ...] = ("direct", "tell", *CONJUNCTIONS, *(f for f in SIMPLE if f not in
                          ("direct", "tell")))  # fmt: skip
# The unmarked frames: they make up `1 - frame_rate` of clean prompts; the others share the rest.
COMMON = ("direct", "tell")


def write(frame: str, noun: str, place: str, choose: Choice) -> str:
    """Write the question in a frame; `noun` names the attribute (`emblem`)."""
    if frame in SIMPLE:
        return choose(SIMPLE[frame]).format(n=noun, p=place)
    conjunction, verbs = CONJUNCTIONS[frame]
    subject, third = choose(SUBJECTS)
    verb = choose(verbs)[0 if third else 1]
    main = choose(MAIN).format(n=noun)
    return f"{conjunction} {subject} {verb} {place}, {main}"
