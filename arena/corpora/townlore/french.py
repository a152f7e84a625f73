"""French questions: the language axis. Five frames and the plain style, no asides."""

from __future__ import annotations

from collections.abc import Mapping

from arena.corpora.townlore.facts import Attribute
from arena.corpora.townlore.seeded_choice import Choice

SUBJECTS = ("on", "un voyageur", "une amie", "mon cousin", "quelqu'un", "le facteur")
VERBS = ("visite", "traverse", "découvre", "quitte", "arrive à", "vient à", "passe par")
MAIN = (
    "{q} est {n} de la ville ?",
    "dites-moi {q} est {n} de la ville.",
    "{q} est donc {n} là-bas ?",
    "donnez-moi {n} de cet endroit.",
)
CONJUNCTIONS: Mapping[str, str] = {"when_clause": "quand", "if_clause": "si"}
SIMPLE: Mapping[str, tuple[str, ...]] = {
    "direct": (
        "{q} est {n} de {p} ?",
        "{q} est donc {n} de {p} ?",
        "connaissez-vous {n} de {p} ?",
        "{q} est {n} que possède {p} ?",
    ),
    "tell": (
        "dites-moi {q} est {n} de {p}.",
        "donnez-moi {n} de {p}.",
        "décrivez {n} de {p}.",
        "nommez {n} de {p}.",
    ),
    "fronted_place": (
        "à {p}, {q} est {n} ?",
        "pour {p}, donnez-moi {n}.",
        "à {p}, dites-moi {q} est {n}.",
    ),
}
FRAMES: tuple[str, ...] = (*SIMPLE, *CONJUNCTIONS)


def write(frame: str, attribute: Attribute, place: str, choose: Choice) -> str:
    """Write the question in French; a frame that French lacks is written as `direct`."""
    words = {"q": "quelle" if attribute.feminine else "quel", "n": attribute.french, "p": place}
    if frame not in CONJUNCTIONS:
        text = choose(SIMPLE.get(frame, SIMPLE["direct"])).format(**words)
    else:
        clause = f"{CONJUNCTIONS[frame]} {choose(SUBJECTS)} {choose(VERBS)} {place}"
        clause = clause.replace("si on ", "si l'on ")
        text = f"{clause}, {choose(MAIN).format(**words)}"
    return text[0].upper() + text[1:]
