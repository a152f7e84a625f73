"""The scenario that a results file carries: whole, as JSON, with what readers ask of it."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import ConfigDict, JsonValue, RootModel

Json = Mapping[str, JsonValue]


class TacticRecord(RootModel[Json]):
    """A tactic with its parameters, as a scenario has it."""

    model_config = ConfigDict(frozen=True)

    @property
    def method(self) -> str:
        """Its name; empty where there is none."""
        return _text(self.root.get("method"))

    @property
    def params(self) -> dict[str, JsonValue]:
        """Its parameters, without the name."""
        return {key: value for key, value in self.root.items() if key != "method"}


class ActorRecord(RootModel[Json]):
    """An actor as the resolved scenario has it."""

    model_config = ConfigDict(frozen=True)

    @property
    def name(self) -> str:
        """Its name."""
        return _text(self.root.get("name"))

    @property
    def method(self) -> str:
        """The method of its trigger."""
        return _text(_section(self.root, "trigger").get("method"))

    @property
    def payload(self) -> Json:
        """Its payload with all parameters; `kind` is among them."""
        return _section(self.root, "payload")


class ScenarioRecord(RootModel[Json]):
    """A resolved scenario, kept whole. The scenarios of older versions lack keys that newer ones
    have, so whatever is absent, or is not what it should be, reads as empty."""

    model_config = ConfigDict(frozen=True)
    root: Json = {}

    def section(self, *path: str) -> Json:
        """The mapping at a path of keys."""
        section: Json = self.root
        for key in path:
            section = _section(section, key)
        return section

    def text(self, *path: str) -> str:
        """The text or number at a path of keys, as text."""
        return _text(self.section(*path[:-1]).get(path[-1]))

    @property
    def name(self) -> str:
        """The scenario's name."""
        return self.text("name")

    @property
    def description(self) -> str:
        """What it is about, in a sentence."""
        return self.text("description")

    @property
    def intelligence(self) -> str:
        """How much its defender knows; `disclosed` where the scenario does not say."""
        return self.text("defender", "intelligence") or "disclosed"

    @property
    def actors(self) -> tuple[ActorRecord, ...]:
        """The actors, in the order of the file."""
        listed = self.root.get("actors")
        actors = listed if isinstance(listed, list) else []
        return tuple(ActorRecord(actor) for actor in actors if isinstance(actor, dict))

    def __bool__(self) -> bool:
        return bool(self.root)


def _section(values: Json, key: str) -> Json:
    section = values.get(key)
    return section if isinstance(section, Mapping) else {}


def _text(value: JsonValue) -> str:
    return "" if value is None or isinstance(value, dict | list) else str(value)
