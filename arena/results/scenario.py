"""The scenario in a results file: complete, as JSON, with accessors for readers."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import ConfigDict, JsonValue, RootModel

Json = Mapping[str, JsonValue]


class TacticRecord(RootModel[Json]):
    """A tactic with its parameters, as a scenario has it."""

    model_config = ConfigDict(frozen=True)

    @property
    def method(self) -> str:
        """Return its name; empty if there is none."""
        return _text(self.root.get("method"))

    @property
    def params(self) -> dict[str, JsonValue]:
        """Return its parameters, without the name."""
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
        """Return the method of its trigger."""
        return _text(_section(self.root, "trigger").get("method"))

    @property
    def payload(self) -> Json:
        """Return its payload's parameters, with `kind` among them."""
        return _section(self.root, "payload")


class ScenarioRecord(RootModel[Json]):
    """A resolved scenario, kept whole. Scenarios of older versions lack newer keys, so anything
    missing or of the wrong type reads as empty."""

    model_config = ConfigDict(frozen=True)
    root: Json = {}

    def section(self, *path: str) -> Json:
        """Return the mapping at a path of keys."""
        section: Json = self.root
        for key in path:
            section = _section(section, key)
        return section

    def text(self, *path: str) -> str:
        """Return the text or number at a path of keys, as text."""
        return _text(self.section(*path[:-1]).get(path[-1]))

    @property
    def name(self) -> str:
        """The scenario's name."""
        return self.text("name")

    @property
    def description(self) -> str:
        """Return its description, one sentence."""
        return self.text("description")

    @property
    def intelligence(self) -> str:
        """Return how much its defender knows; `disclosed` if the scenario does not say."""
        return self.text("defender", "intelligence") or "disclosed"

    @property
    def actors(self) -> tuple[ActorRecord, ...]:
        """Return the actors, in the order of the file."""
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
