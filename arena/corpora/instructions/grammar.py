"""The grammar of the instructions corpus: a form determines the text of an example."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from arena.api.values import Example, Form
from arena.corpora.instructions import asides, frames, oddities
from arena.corpora.instructions.tasks import TASKS
from arena.corpora.townlore import styles
from arena.corpora.townlore.seeded_choice import Choice
from arena.errors import InputError

AXES: Mapping[str, tuple[str, ...]] = {
    "frame": frames.NAMES,
    "style": styles.NAMES,
    "topic": asides.NAMES,
    "language": ("english",),
}
# Characters that stand for the material while the words round it are written: no style and no
# oddity may change what a request is about.
_HOLDERS = tuple(chr(0xE000 + at) for at in range(4))


@dataclass(frozen=True)
class InstructionGrammar:
    """Writes the request of any content; a `fact` is `TASK/KEY`, e.g. `capital/France`."""

    @property
    def axes(self) -> Mapping[str, tuple[str, ...]]:
        """Return the values of frame, style, topic and language."""
        return AXES

    def render(self, form: Form) -> Example:
        """Return the request in that form with its answer, which depends on the fact only. The
        source is the fact, and the form is kept as given.

        Raises:
            InputError: the fact or the value of an axis is unknown.
        """
        _check(form)
        fact = form.fact
        name, _, key = fact.partition("/")
        task = TASKS.get(name)
        parts = task.parts(key) if task is not None else None
        if task is None or parts is None:
            raise InputError("instructions has no such fact", found=fact)
        text = _written(form, task.wordings)
        for holder, material in zip(_HOLDERS, task.show(*parts), strict=False):
            text = text.replace(holder, material)
        answer = task.answer(*parts)
        return Example(text, answer, fact, form=form, checkable=task.checkable)

    def shown(self, form: Form) -> Form:
        """Return the form itself: every value shows in the text."""
        return form


def _written(form: Form, wordings: tuple[str, ...]) -> str:
    """Write the request of a form, with a holder in the place of each part of its material."""
    oddity, salt = oddities.of_salt(form.salt)
    wording = Choice(form.fact, salt, "wording")(wordings)
    text = wording.format(*_HOLDERS)
    text = frames.write(form.frame, text, Choice(form.fact, salt, "frame"))
    text = asides.add(form.topic, text, Choice(form.fact, salt, "topic"))
    text = styles.write(form.style, text, Choice(form.fact, salt, "style"))
    return oddities.add(oddity, text, Choice(form.fact, salt, "oddity"))


def _check(form: Form) -> None:
    for axis, values in AXES.items():
        value = getattr(form, axis)
        if value not in values:
            raise InputError(f"instructions has no such {axis}", found=str(value), allowed=values)
