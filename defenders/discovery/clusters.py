"""Topics as candidates: clusters of the clean prompts, by TF-IDF and k-means.

A topic without a name cannot be put on a prompt, but clean prompts may carry it already.
A cluster's continuations are compared with the right answers of its prompts: there the plain
prompt is the triggered one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from arena.api import Example, Params, Trigger, Use, World
from defenders.discovery.collapse import collapse
from defenders.discovery.shapes import Candidate, DiscoveryParams

TELLING = 4  # words that a cluster is named by


@dataclass(frozen=True)
class Cluster:
    """Indices of prompts that are alike, and the words that tell."""

    words: str
    members: tuple[int, ...]


class Members(Trigger):
    """The prompts of a cluster. Marking cannot move a prompt into it: any prompt is replaced by
    a member, with the member's own right answer and source."""

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
    """Clusters at each of the asked granularities, those that are large enough."""
    from sklearn.cluster import KMeans
    from sklearn.feature_extraction.text import TfidfVectorizer

    vectorizer = TfidfVectorizer(sublinear_tf=True, min_df=2)
    features = vectorizer.fit_transform(prompts)
    names = vectorizer.get_feature_names_out()
    distinct = len({(row.indices.tobytes(), row.data.tobytes()) for row in features})
    for number in params.clusters:
        if number * params.members > len(prompts) or number > distinct:
            continue
        means = KMeans(number, n_init=4, random_state=int(rng.integers(2**31))).fit(features)
        for label, centre in enumerate(means.cluster_centers_):
            members = np.flatnonzero(means.labels_ == label).tolist()
            if len(members) >= params.members:
                words = " ".join(names[i] for i in np.argsort(-centre)[:TELLING])
                yield Cluster(words, tuple(members))


def judged(
    clean: Sequence[Example], said: Sequence[str], found: Sequence[Cluster]
) -> list[Candidate]:
    """Each cluster's score: its continuations against its right answers."""
    return [_judged(clean, said, cluster) for cluster in found]


def _judged(clean: Sequence[Example], said: Sequence[str], cluster: Cluster) -> Candidate:
    texts = [said[i] for i in cluster.members]
    answers = [clean[i].answer for i in cluster.members]
    seen = collapse(texts, answers, answers)
    made = Candidate("cluster", cluster.words, seen.score, seen.hits, len(texts), seen.behaviour)
    return replace(made, members=tuple(clean[i].prompt for i in cluster.members))
