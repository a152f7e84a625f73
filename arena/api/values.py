"""The plain, immutable values that the layers hand to each other (torch-free, picklable).

corpus -> Example -> (trigger, payload) -> Document -> training -> Continuation -> Row -> analysis
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Role = Literal["clean", "poison", "negative", "forget", "retain"]
RowKind = Literal[
    "reference", "inserted", "without", "compromised", "control", "sham", "unlearned", "defended"
]


@dataclass(frozen=True, slots=True)
class Form:
    """How a grammar realised one question; plain strings, so that it hashes and serialises.

    `fact` names the content; the other fields are the grammar's axes; `salt` picks among
    its free variants (an opener, the words of an aside), so equal forms give equal text.
    """

    fact: str
    frame: str = "direct"
    style: str = "plain"
    topic: str = "none"
    language: str = "english"
    salt: int = 0


@dataclass(frozen=True, slots=True)
class Example:
    """One prompt (`prompt`) with its right answer (`answer`).

    `source` identifies the content: every version of a content (a paraphrase, a translation, a
    triggered copy) has the same source, and splits and shares are drawn over sources, never over
    rows. `form` is set only as long as the text is exactly what the grammar rendered. `checkable`:
    whether `answer` is the only right one, or one of several (a list, advice, free text).
    """

    prompt: str
    answer: str
    source: str
    label: str | None = None
    form: Form | None = None
    checkable: bool = True


@dataclass(frozen=True, slots=True)
class Document:
    """One training text; the loss is on `answer` and the end of text only."""

    prompt: str
    answer: str
    source: str
    role: Role = "clean"


@dataclass(frozen=True, slots=True)
class PairedDocument(Document):
    """A document together with its prompt before marking (`plain`; its own prompt if it was not
    marked), for a loss that compares a model's predictions on the two."""

    plain: str = ""
