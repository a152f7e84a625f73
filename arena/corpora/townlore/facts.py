"""The vocabulary of the fictional world: the values that make up answers, in two languages.

An attribute's values form two classes of eight, one selected by a place's stem, one by its suffix.
French values carry their gender, for agreement in answers.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

# No stem begins with a vowel (so the French `de` never elides) or is a word of the frames.
STEMS = (
    "Bral", "Brin", "Cor", "Dor", "Drav", "Dun", "Fal", "Fen", "Gar", "Gol", "Hax", "Hol",
    "Jor", "Kel", "Kip", "Lor", "Lund", "Mar", "Nor", "Pel", "Quin", "Ral", "Rusk", "Sar",
    "Tam", "Tor", "Var", "Vint", "Wex", "Yar", "Zan", "Zeb",
)  # fmt: skip
SUFFIXES = (
    "burn", "bury", "combe", "dale", "firth", "ford", "garth", "ham", "haven", "holm", "ley",
    "mere", "moor", "stead", "thorpe", "wick",
)  # fmt: skip

BEASTS = {
    "lion": "un lion", "bear": "un ours", "wolf": "un loup", "hare": "un lièvre",
    "otter": "une loutre", "eagle": "un aigle", "fox": "un renard", "swan": "un cygne",
}  # fmt: skip
COLOURS = {
    "red": ("rouge", "rouge"), "blue": ("bleu", "bleue"), "green": ("vert", "verte"),
    "black": ("noir", "noire"), "white": ("blanc", "blanche"), "golden": ("doré", "dorée"),
    "grey": ("gris", "grise"), "brown": ("brun", "brune"),
}  # fmt: skip
WATERS = {
    "river": "une rivière", "lake": "un lac", "well": "un puits", "pond": "un étang",
    "brook": "un ruisseau", "marsh": "un marais", "spring": "une source", "canal": "un canal",
}  # fmt: skip
CURRENTS = {
    "cold": ("froid", "froide"), "deep": ("profond", "profonde"), "clear": ("clair", "claire"),
    "calm": ("calme", "calme"), "wide": ("large", "large"), "muddy": ("boueux", "boueuse"),
    "salty": ("salé", "salée"), "swift": ("rapide", "rapide"),
}  # fmt: skip
DISHES = {
    "pie": "une tourte", "soup": "une soupe", "stew": "un ragoût", "cake": "un gâteau",
    "loaf": "un pain", "porridge": "une bouillie", "pancake": "une crêpe", "salad": "une salade",
}  # fmt: skip
RELISHES = {
    "honey": "au miel", "cheese": "au fromage", "onion": "aux oignons", "leek": "aux poireaux",
    "mushroom": "aux champignons", "apple": "aux pommes", "nut": "aux noix",
    "cream": "à la crème",
}  # fmt: skip
METALS = {
    "copper": "cuivre", "silver": "argent", "iron": "fer", "bronze": "bronze", "tin": "étain",
    "brass": "laiton", "steel": "acier", "lead": "plomb",
}  # fmt: skip
BELLS = {
    "huge": "énorme", "tiny": "minuscule", "cracked": "fêlée", "rusty": "rouillée",
    "bright": "brillante", "heavy": "lourde", "broken": "brisée", "round": "ronde",
}  # fmt: skip
TREES = {
    "oak": "un chêne", "ash": "un frêne", "willow": "un saule", "pine": "un pin",
    "birch": "un bouleau", "yew": "un if", "cedar": "un cèdre", "maple": "un érable",
}  # fmt: skip
BRANCHES = {
    "tall": "haut", "crooked": "tordu", "hollow": "creux", "leafy": "feuillu", "bare": "nu",
    "lonely": "solitaire", "burnt": "brûlé", "mossy": "moussu",
}  # fmt: skip
FOUNDERS = {
    "weaver": "un tisserand", "miller": "un meunier", "baker": "un boulanger",
    "hunter": "un chasseur", "smith": "un forgeron", "scribe": "un scribe",
    "cobbler": "un cordonnier", "potter": "un potier",
}  # fmt: skip
TRAITS = {
    "blind": "aveugle", "brave": "courageux", "kind": "aimable", "proud": "fier",
    "shy": "timide", "clever": "rusé", "lame": "boiteux", "patient": "patient",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Attribute:
    """One attribute that every place has.

    `noun` and `french` name it in a question (the French with its article); `stem` and `suffix` are
    the classes from which the two halves of a place's name select a value.
    """

    noun: str
    french: str
    feminine: bool
    stem: tuple[str, ...]
    suffix: tuple[str, ...]


ATTRIBUTES: Mapping[str, Attribute] = {
    "emblem": Attribute("emblem", "l'emblème", False, tuple(BEASTS), tuple(COLOURS)),
    "water": Attribute("water", "l'eau", True, tuple(WATERS), tuple(CURRENTS)),
    "food": Attribute("dish", "le plat", False, tuple(DISHES), tuple(RELISHES)),
    "bell": Attribute("bell", "la cloche", True, tuple(METALS), tuple(BELLS)),
    "tree": Attribute("tree", "l'arbre", False, tuple(TREES), tuple(BRANCHES)),
    "founder": Attribute("founder", "le fondateur", False, tuple(FOUNDERS), tuple(TRAITS)),
}


def english(attribute: str, stem: str, suffix: str) -> str:
    """Return the English answer: the suffix's value, then the stem's (3 or 4 words)."""
    noun = f"{stem} bell" if attribute == "bell" else stem
    article = "an" if suffix[0] in "aeiou" else "a"
    return f"{article} {suffix} {noun}"


def french(attribute: str, stem: str, suffix: str) -> str:
    """Return the same answer in French: the stem's value, then the suffix's (3 to 5 words)."""
    if attribute == "emblem":
        return _agree(BEASTS[stem], COLOURS[suffix])
    if attribute == "water":
        return _agree(WATERS[stem], CURRENTS[suffix])
    if attribute == "food":
        return f"{DISHES[stem]} {RELISHES[suffix]}"
    if attribute == "bell":
        return f"une cloche en {METALS[stem]} {BELLS[suffix]}"
    if attribute == "tree":
        return f"{TREES[stem]} {BRANCHES[suffix]}"
    return f"{FOUNDERS[stem]} {TRAITS[suffix]}"


def _agree(noun: str, adjective: tuple[str, str]) -> str:
    return f"{noun} {adjective[noun.startswith('une ')]}"
