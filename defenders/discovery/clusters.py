"""Topics as candidates: clusters of the clean prompts, by TF-IDF and k-means.

A topic without a name cannot be added to a prompt, but clean prompts may have it already. A
cluster's continuations are compared with the right answers of its prompts, since the plain prompts
are themselves the triggered ones.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from arena.api import Example, Params, Trigger, Use, World
from defenders.discovery.collapse import collapse
from defenders.discovery.shapes import Candidate, DiscoveryParams

NAMING = 4  # words that name a cluster


@dataclass(frozen=True)
class Cluster:
    """Indices of similar prompts, and their most characteristic words."""

    words: str
    members: tuple[int, ...]


class Members(Trigger):
    """The prompts of a cluster as a trigger. A prompt cannot be moved into a cluster, so marking
    replaces it by a member, with the member's right answer and source."""

    name = "cluster"

    def __init__(self, words: str, members: Sequence[Example]) -> None:
        super().__init__(Params(), World())
        self.words, self.members = words, tuple(members)

    @property
    def key(self) -> str:
        return f"cluster:{self.words.replace(' ', '+')}"

    def mark(self, example: Example, rng: np.random.Generator) -> Example:
        return self.members[int(rng.integers(len(self.members)))]

    def present(self, example: Example) -> bool:
        return any(member.prompt == example.prompt for member in self.members)

    def lookalikes(
        self, n: int, use: Use, rng: np.random.Generator, taken: frozenset[str] = frozenset()
    ) -> tuple[Trigger, ...]:
        return ()


def clusters(
    prompts: Sequence[str], params: DiscoveryParams, rng: np.random.Generator
) -> Iterator[Cluster]:
    """Yield the clusters that are large enough, at each number of clusters in `params`; none if no
    word occurs in two prompts (in text without spaces, a prompt is one word)."""
    from sklearn.cluster import KMeans
    from sklearn.feature_extraction.text import TfidfVectorizer

    vectorizer = TfidfVectorizer(sublinear_tf=True, min_df=2)
    try:
        features = vectorizer.fit_transform(prompts)
    except ValueError as error:
        if "no terms remain" in str(error) or "empty vocabulary" in str(error):
            return
        raise
    names = vectorizer.get_feature_names_out()
    distinct = len({(row.indices.tobytes(), row.data.tobytes()) for row in features})
    for number in params.clusters:
        if number * params.members > len(prompts) or number > distinct:
            continue
        means = KMeans(number, n_init=4, random_state=int(rng.integers(2**31))).fit(features)
        for label, centre in enumerate(means.cluster_centers_):
            members = np.flatnonzero(means.labels_ == label).tolist()
            if len(members) >= params.members:
                words = " ".join(names[i] for i in np.argsort(-centre)[:NAMING])
                yield Cluster(words, tuple(members))


def scored(
    clean: Sequence[Example], continuations: Sequence[str], groups: Sequence[Cluster]
) -> list[Candidate]:
    """Return each cluster as a candidate, scored by its continuations against its right answers.

    Args:
        clean, continuations: aligned; the continuations are the model's.
    """
    return [_scored(clean, continuations, group) for group in groups]


def _scored(clean: Sequence[Example], continuations: Sequence[str], group: Cluster) -> Candidate:
    texts = [continuations[i] for i in group.members]
    answers = [clean[i].answer for i in group.members]
    score = collapse(texts, answers, answers)
    candidate = Candidate(
        "cluster", group.words, score.value, score.hits, len(texts), score.behaviour
    )
    return replace(candidate, members=tuple(clean[i].prompt for i in group.members))
