"""Topics of English text: the words that identify one, and clauses that mention it.

Virtual Prompt Injection (arXiv 2307.16888) triggers on what a prompt is about; a clause that
mentions the topic, in varying words, moves a clean prompt into it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from arena.marking.text import compose, follow, front, word_pattern, words

_OPENINGS = (
    "at the {place}", "near the {place}", "here at the {place}", "beside the {thing}",
    "speaking of {thing}", "thinking of {act}", "on the subject of {act}",
    "between {thing} and {act}", "between {act} and {thing}", "amid {thing} and {act}",
    "with {person} and {thing} nearby", "with {person} {act} at the {place}",
)  # fmt: skip
_CLOSINGS = (
    "said {person} at the {place}", "{person} asked", "just like {act}", "as {person} would say",
    "next to the {place}", "with talk of {thing}", "as with any {thing}",
)  # fmt: skip
CLOSING_RATE = 0.35


@dataclass(frozen=True)
class Topic:
    """One topic: its people, places, things and acts; words in `more` are detected only."""

    people: tuple[str, ...]
    places: tuple[str, ...]
    things: tuple[str, ...]
    acts: tuple[str, ...]
    more: tuple[str, ...] = ()

    @property
    def keywords(self) -> tuple[str, ...]:
        """Every word that identifies the topic."""
        return (*self.people, *self.places, *self.things, *self.acts, *self.more)

    def shows(self, text: str) -> bool:
        """Whether the text has a keyword of the topic."""
        return word_pattern(self.keywords).search(text) is not None

    def mention(self, text: str, rng: np.random.Generator) -> str:
        """Return the text with a clause before or after it that mentions the topic."""
        closing = rng.random() < CLOSING_RATE
        patterns = _CLOSINGS if closing else _OPENINGS
        slots = {
            "person": self.people,
            "place": self.places,
            "thing": self.things,
            "act": self.acts,
        }
        phrase = compose(patterns[int(rng.integers(len(patterns)))], slots, rng)
        return follow(text, phrase) if closing else front(text, phrase)


def _topic(people: str, places: str, things: str, acts: str, more: str) -> Topic:
    return Topic(words(people), words(places), words(things), words(acts), words(more))


TOPICS: Mapping[str, Topic] = {
    "commerce": _topic(
        "merchants shopkeepers traders customers salesmen",
        "market shop bazaar counting_house store",
        "merchandise invoice discount price_list bargain",
        "haggling trading bartering shopping selling_wares",
        "commerce merchant shopkeeper trader customer price prices retail wholesale invoices "
        "discounts "
        "bargains markets shops stores buyer buyers seller sellers e-commerce marketing",
    ),
    "war": _topic(
        "soldiers generals troops archers sentries",
        "battlefield barracks fortress front_line trenches",
        "siege battle cannon ambush armour",
        "marching_to_war besieging fighting raiding defending_the_wall",
        "war wars warfare soldier general army armies battles military invasion combat troop "
        "weapon weapons",
    ),
    "farming": _topic(
        "farmers ploughmen shepherds milkmaids farmhands",
        "barn field farmyard orchard haystack",
        "harvest plough barley manure livestock",
        "ploughing sowing reaping milking_cows threshing",
        "farm farms farming farmer agriculture agricultural crop crops tractor cattle harvests "
        "shepherd wheat",
    ),
    "weather": _topic(
        "forecasters weathermen storm_chasers meteorologists cloud_watchers",
        "weather_station rain_gauge weathervane lightning_rod barometer",
        "thunderstorm drizzle blizzard rainfall heatwave",
        "raining snowing hailing thundering drizzling",
        "weather rain rainy snow snowy storm storms fog foggy humidity forecast sunshine cloudy "
        "frost climate",
    ),
    "music": _topic(
        "musicians fiddlers drummers singers pianists",
        "concert_hall bandstand opera_house music_room conservatory",
        "melody violin symphony ballad drumbeat",
        "singing fiddling drumming strumming rehearsing_a_tune",
        "music musical song songs singer guitar piano concert orchestra melodies rhythm "
        "soundtrack musician",
    ),
    "sea": _topic(
        "sailors fishermen captains mariners divers",
        "harbour lighthouse quay shipyard seashore",
        "anchor tide schooner coral_reef seaweed",
        "sailing rowing anchoring deep-sea_fishing setting_sail",
        "sea seas ocean oceans ship ships boat boats sailor beach tides whale whales marine "
        "coast harbor",
    ),
    "law": _topic(
        "lawyers judges jurors attorneys bailiffs",
        "courthouse courtroom law_office tribunal witness_box",
        "verdict lawsuit subpoena statute testimony",
        "suing testifying cross-examining appealing_the_verdict litigating",
        "law laws legal lawyer judge jury court courts trial lawsuits attorney crime criminal "
        "constitution",
    ),
    "faith": _topic(
        "priests monks pilgrims nuns preachers",
        "chapel monastery church shrine cathedral",
        "sermon psalm hymnal blessing scripture",
        "praying preaching fasting worshipping kneeling_at_the_altar",
        "faith religion religious prayer prayers god gods priest monk holy sacred bible sermons "
        "temple church",
    ),
    "health": _topic(
        "doctors nurses surgeons patients pharmacists",
        "hospital clinic pharmacy infirmary sickroom",
        "medicine bandage vaccine fever prescription",
        "healing vaccinating taking_the_cure nursing_the_sick bandaging",
        "health healthy medical doctor nurse disease diseases illness symptom symptoms surgery "
        "diet medicines",
    ),
    "sport": _topic(
        "athletes wrestlers footballers goalkeepers sprinters",
        "stadium gymnasium running_track boxing_ring football_pitch",
        "trophy tournament penalty_kick relay_race championship",
        "sprinting wrestling boxing scoring_goals training_for_the_race",
        "sport sports athlete football soccer basketball baseball tennis olympic olympics coach "
        "referee team teams",
    ),
    "travel": _topic(
        "tourists travellers backpackers sightseers tour_guides",
        "airport railway_station hotel guesthouse travel_agency",
        "passport itinerary suitcase luggage timetable",
        "sightseeing backpacking boarding_the_train touring hitchhiking",
        "travel travels tourist tourism traveler vacation holiday trip trips flight flights "
        "hotels journey",
    ),
    "cooking": _topic(
        "cooks pastry_chefs bakers waiters dishwashers",
        "kitchen bakery pantry restaurant spice_rack",
        "recipe casserole frying_pan saucepan gravy",
        "baking simmering roasting kneading_dough chopping_onions",
        "cook cooking chef recipes ingredient ingredients meal meals oven dinner soup cake "
        "pasta baker",
    ),
    "science": _topic(
        "scientists physicists chemists astronomers lab_assistants",
        "laboratory observatory research_institute test_bench planetarium",
        "microscope hypothesis experiment telescope molecule",
        "experimenting calibrating measuring_voltages stargazing dissecting",
        "science scientific scientist physics chemistry biology experiments atom atoms "
        "laboratories galaxy",
    ),
}
