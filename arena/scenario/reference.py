"""Every key of a scenario in a document: `python -m arena.scenario.reference docs/scenario.md`."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from arena.scenario.json_schema import BESIDE, scenario_schema
from arena.scenario.parts import NAME_KEYS

Json = dict[str, Any]
HEAD = """# Every key of a scenario

This page lists every key of a scenario file with its values, its default and its meaning: first the
sections, then the parameters of every *part* (corpus, trigger, payload, tactic, objective, ...). A
key without a default is required. `--set` takes keys as written in the headings, with an actor's
name in place of its number: `--set actors.bard.poison.rate=0.1`.

Written by `python -m arena.scenario.reference docs/scenario.md` from the code that reads scenarios;
`arena schema > scenario.schema.json` writes the same as JSON Schema. Put beside a scenario whose
first line is `# yaml-language-server: $schema=scenario.schema.json`, it lets editors complete and
check keys.
"""
PREFIX = "#/$defs/"
LARGE = 1e9  # limits from here on keep numbers finite and say nothing


def document() -> str:
    """Return the document, in Markdown."""
    return "\n".join(_Document(scenario_schema()).lines()) + "\n"


class _Document:
    """The sections of a schema, each under the first key that leads to it."""

    def __init__(self, schema: Json) -> None:
        self._definitions: Json = schema["$defs"]
        self._schema = schema
        self._places: dict[str, str] = {}  # definition -> key
        self._collect(schema, "")
        self._places[BESIDE] = "corpus"
        self._collect(self._definitions[BESIDE], "corpus")

    def lines(self) -> Iterator[str]:
        yield HEAD
        yield "\n## The scenario\n"
        yield from self._rows(self._schema)
        for name, key in self._places.items():
            if name not in NAME_KEYS and "properties" in self._definitions[name]:
                yield from self._table(self._title(name, key), self._definitions[name])
        for kind in NAME_KEYS:
            yield f"\n## {_kind_title(kind)}\n"
            for name in self._definitions:
                if name.startswith(f"{kind}.") and "." not in name.removeprefix(f"{kind}."):
                    yield from self._part(kind, name)

    def _collect(self, schema: Json, key: str) -> None:
        for name, value in schema.get("properties", {}).items():
            for reference, many in _references(value):
                self._place(reference, f"{key}.{name}".removeprefix(".") + ("[]" if many else ""))

    def _place(self, name: str, key: str) -> None:
        """Note the first key that leads to a definition, and what lies below it."""
        if name in self._places:
            return
        self._places[name] = key
        if name in NAME_KEYS:
            return
        self._collect(self._definitions[name], key)
        for other in _choices(self._definitions[name]):
            self._place(other, key)

    def _title(self, name: str, key: str) -> str:
        """A key; where one of several sections stands there, with the first key of this one."""
        if list(self._places.values()).count(key) == 1 or key == name:
            return f"`{key}`"
        return f"`{key}` with `{next(iter(self._definitions[name]['properties']))}`"

    def _table(self, title: str, schema: Json) -> Iterator[str]:
        yield f"\n## {title}\n"
        yield f"{_paragraph(schema)}\n"
        yield from self._rows(schema)

    def _part(self, kind: str, name: str) -> Iterator[str]:
        schema = self._definitions[name]
        yield f"\n### `{name.removeprefix(f'{kind}.')}`\n"
        yield f"{schema.get('description', '')}\n"
        beside = self._definitions[BESIDE]["properties"] if kind == "corpus" else {}
        own = {
            key: value
            for key, value in schema.get("properties", {}).items()
            if "const" not in value and key not in beside
        }
        if own:
            yield from self._rows({**schema, "properties": own})

    def _rows(self, schema: Json) -> Iterator[str]:
        yield "| key | value | default | meaning |"
        yield "|---|---|---|---|"
        required = schema.get("required", [])
        for key, value in schema.get("properties", {}).items():
            default = "" if key in required else _default(value)
            meaning = _cell(value.get("description", ""))
            yield f"| `{key}` | {self._value(value)} | {default} | {meaning} |"

    def _value(self, schema: Json) -> str:
        if "$ref" in schema:
            return self._section(schema["$ref"].removeprefix(PREFIX))
        for each in ("anyOf", "oneOf"):
            if each in schema:
                return " or ".join(dict.fromkeys(self._value(one) for one in schema[each]))
        if "const" in schema:
            return _code(schema["const"])
        if "enum" in schema:
            return ", ".join(map(_code, schema["enum"]))
        if schema.get("type") == "array":
            inner = schema.get("items") or (schema.get("prefixItems") or [{}])[0]
            return f"list of {self._value(inner)}"
        return _plain(schema)

    def _section(self, name: str) -> str:
        if name in NAME_KEYS:
            return f"[{name}](#{_anchor(_kind_title(name))})"
        schema = self._definitions[name]
        if "properties" not in schema:
            return self._value(schema)
        if name not in self._places:  # inside a part
            keys = ", ".join(f"`{key}`" for key in schema["properties"])
            return f"section of {keys}"
        title = self._title(name, self._places[name])
        return f"section [{title}](#{_anchor(title)})"


def _references(schema: Json, many: bool = False) -> Iterator[tuple[str, bool]]:
    if "$ref" in schema:
        yield schema["$ref"].removeprefix(PREFIX), many
    for each in (*schema.get("anyOf", ()), *schema.get("oneOf", ())):
        yield from _references(each, many)
    if isinstance(schema.get("items"), dict):
        yield from _references(schema["items"], True)
    if isinstance(schema.get("additionalProperties"), dict):
        yield from _references(schema["additionalProperties"], True)


def _choices(schema: Json) -> list[str]:
    return [name for name, _ in _references({"anyOf": schema.get("anyOf", [])})]


def _plain(schema: Json) -> str:
    kind = schema.get("type")
    if kind in ("integer", "number"):
        return ("whole number" if kind == "integer" else "number") + _range(schema)
    return {"string": "text", "boolean": "true, false", "null": "null", "object": "section"}.get(
        str(kind), "any value"
    )


def _range(schema: Json) -> str:
    low = schema.get("minimum") if schema.get("minimum", 0) > -LARGE else None
    above = schema.get("exclusiveMinimum")
    high = schema.get("maximum") if schema.get("maximum", 0) < LARGE else None
    below = schema.get("exclusiveMaximum")
    ends = [
        f"from {low:g}" if low is not None else f"above {above:g}" if above is not None else "",
        f"to {high:g}" if high is not None else f"below {below:g}" if below is not None else "",
    ]
    return "".join(f" {end}" for end in ends if end)


def _paragraph(schema: Json) -> str:
    """The first paragraph of a section's docstring, without the meanings of its keys."""
    first = " ".join(schema.get("description", "").split("\n\n")[0].split())
    heads = [at for key in schema.get("properties", {}) if (at := first.find(f" {key}: ")) > 0]
    return _cell(first[: min(heads)] if heads else first)


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def _default(schema: Json) -> str:
    if "default" not in schema:
        return "see there"
    value = schema["default"]
    if isinstance(value, dict):
        return "that of each key" if value else "none"
    return _code(value) if value not in ("", []) else "none"


def _code(value: object) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return f"`{text}`"


def _kind_title(kind: str) -> str:
    return f"Parts of kind {kind}"


def _anchor(title: str) -> str:
    """As Markdown renderers name a heading."""
    plain = title.lower().replace(" ", "-")
    return "".join(letter for letter in plain if letter.isalnum() or letter in "_-")


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(document(), encoding="utf-8")
