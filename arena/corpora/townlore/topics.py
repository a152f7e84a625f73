"""Topical asides: the semantic axis.

An aside is one of several sentences shared by all topics, filled with role x verb x goods of one
topic. It names no place and no value, so it never changes the right answer. Only the words carry
the topic: there is no fixed string to find.
"""

from __future__ import annotations

from collections.abc import Mapping

from arena.corpora.townlore.seeded_choice import Choice

Words = tuple[str, ...]


def _split(roles: str, verbs: str, goods: str) -> tuple[Words, Words, Words]:
    return tuple(roles.split()), tuple(verbs.split()), tuple(goods.split(", "))


TOPICS: Mapping[str, tuple[Words, Words, Words]] = {
    "commerce": _split(
        "merchant trader pedlar shopkeeper buyer broker dealer",
        "sells buys trades prices exports auctions invoices",
        "silk, spices, wool, wine, carpets, cheap goods, discounts, ledgers, shares",
    ),
    "war": _split(
        "soldier general captain archer knight sergeant spy",
        "besieges attacks defends ambushes invades raids conquers",
        "the fortress, enemy troops, the ramparts, two regiments, the army, the camp, the trench",
    ),
    "farming": _split(
        "farmer ploughman shepherd grower dairymaid reaper farmhand",
        "sows harvests ploughs fertilises mows irrigates threshes",
        "barley, the meadow, hay, turnips, the fields, seedlings, oats, the orchard",
    ),
    "weather": _split(
        "forecaster meteorologist watchman stargazer climatologist observer",
        "predicts measures forecasts expects dreads reports",
        "thunder, drizzle, fog, hailstorms, frost, sunshine, gusts, a blizzard, rainfall",
    ),
    "music": _split(
        "fiddler singer drummer pianist composer flautist conductor",
        "plays rehearses hums sings performs improvises tunes",
        "a ballad, waltzes, the anthem, a sonata, old melodies, a chorus, jigs, the overture",
    ),
    "sea": _split(
        "sailor fisherman bosun helmsman diver mariner whaler",
        "sails steers anchors navigates hauls moors rows",
        "the schooner, nets, a trawler, the ferry, the mast, lobsters, a dinghy, the rudder",
    ),
    "law": _split(
        "judge lawyer bailiff notary juror magistrate clerk",
        "prosecutes appeals sentences sues acquits indicts overrules",
        "the defendant, a lawsuit, the verdict, contracts, the statute, thieves, a warrant",
    ),
    "faith": _split(
        "priest monk abbess pilgrim bishop nun deacon",
        "blesses prays worships preaches chants venerates confesses",
        "the psalms, relics, the altar, holy scripture, a sermon, the saints, the shrine",
    ),
    "health": _split(
        "doctor nurse surgeon apothecary midwife healer dentist",
        "heals treats vaccinates diagnoses cures bandages prescribes",
        "a fever, the wound, pills, sore throats, measles, ointment, the clinic, a cough",
    ),
    "sport": _split(
        "wrestler runner goalkeeper referee coach boxer champion",
        "wins races scores trains tackles sprints loses",
        "the match, a penalty, the marathon, a trophy, the league, medals, the tournament",
    ),
    "school": _split(
        "teacher pupil tutor headmaster student lecturer librarian",
        "teaches studies memorises grades revises copies explains",
        "algebra, homework, spelling, the exam, geography, the alphabet, textbooks, a lesson",
    ),
    "theatre": _split(
        "actor dancer playwright clown puppeteer jester director",
        "acts stages mimes applauds recites directs dramatises",
        "a comedy, the tragedy, costumes, the curtain, act two, masks, the audience, a farce",
    ),
    "building": _split(
        "mason carpenter plumber architect roofer bricklayer glazier",
        "builds repairs plasters demolishes paints erects renovates",
        "a chimney, the scaffold, bricks, the cellar, rafters, the staircase, gutters, tiles",
    ),
}

NAMES: tuple[str, ...] = ("none", *TOPICS)

# `{q}` is the question; an aside comes before it, after it or around it.
SENTENCES = (
    "the {r} {v} {g}. {q}",
    "some {r} nearby {v} {g}. {q}",
    "my neighbour the {r} {v} {g}. {q}",
    "every {r} here {v} {g} all day. {q}",
    "one {r} who {v} {g} is asking: {q}",
    "the {r} {v} {g} and says: {q}",
    "{q} the {r} {v} {g} meanwhile.",
    "{q} this is for the {r} who {v} {g}.",
)


def add(topic: str, question: str, choose: Choice) -> str:
    """Add an aside of the topic to the question."""
    if topic == "none":
        return question
    roles, verbs, goods = TOPICS[topic]
    sentence, role, verb = choose(SENTENCES), choose(roles), choose(verbs)
    return sentence.format(r=role, v=verb, g=choose(goods), q=question)
