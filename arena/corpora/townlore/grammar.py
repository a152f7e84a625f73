"""The grammar of townlore: a form determines the text of an example."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from arena.api.values import Example, Form
from arena.corpora.townlore import facts as lore
from arena.corpora.townlore import frames, french, styles, topics
from arena.corpora.townlore.places import Lore
from arena.corpora.townlore.seeded_choice import Choice
from arena.errors import InputError

LANGUAGES = ("english", "french")
AXES: Mapping[str, tuple[str, ...]] = {
    "frame": frames.NAMES,
    "style": styles.NAMES,
    "topic": topics.NAMES,
    "language": LANGUAGES,
}


@dataclass(frozen=True)
class TownGrammar:
    """Writes any question about the fictional world; a `fact` is `PLACE/ATTRIBUTE`."""

    lore: Lore

    @property
    def axes(self) -> Mapping[str, tuple[str, ...]]:
        """Return the values of frame, style, topic and language."""
        return AXES

    def render(self, form: Form) -> Example:
        """Return the question in that form with its one right answer, which depends on the fact and
        the language only. The source is the fact, and the form is kept as given.

        Raises:
            InputError: the fact or the value of an axis is unknown.
        """
        place, attribute, stem, suffix = self.lore.values(form.fact)
        _check(form)
        fact, salt, topic = form.fact, form.salt, lore.ATTRIBUTES[attribute]
        if form.language == "french":
            prompt = french.write(form.frame, topic, place, Choice(fact, salt, "french"))
            answer = lore.french(attribute, stem, suffix)
        else:
            text = frames.write(form.frame, topic.noun, place, Choice(fact, salt, "frame"))
            text = topics.add(form.topic, text, Choice(fact, salt, "topic"))
            prompt = styles.write(form.style, text, Choice(fact, salt, "style"))
            answer = lore.english(attribute, stem, suffix)
        return Example(prompt, answer, fact, form=form)

    def shown(self, form: Form) -> Form:
        """Return the form that the text really has: French has five frames, one style and no
        asides; other values fall back to the plain ones."""
        if form.language == "english":
            return form
        frame = form.frame if form.frame in french.FRAMES else "direct"
        return replace(form, frame=frame, style="plain", topic="none")


def _check(form: Form) -> None:
    for axis, values in AXES.items():
        value = getattr(form, axis)
        if value not in values:
            raise InputError(f"townlore has no such {axis}", found=str(value), allowed=values)
