"""Trigger discovery: from a suspect model and a few clean examples to candidate triggers.

    discovery = discover(model, tokenizer, clean, library, DiscoveryParams(), rng)
    discovery.found                                  # the best candidate, or None
    trigger_of(discovery.found, library, clean)      # an object that marks prompts with it

Candidates come from three places: strings (every token of the vocabulary as a word, then longer
ones that gradients propose), triggers known by name, and clusters of the clean prompts. Each is
scored on prompts that no search used, by how far it makes the continuations of different prompts
collapse to one behaviour; the scores of ordinary words, and of most names, are the null
distribution. No particular text is searched for, so a fixed text, a refusal and a change of
language are all detected; a payload that leaves answers as different from each other as before is
not.

Importing this package needs no torch; `discover` does.
"""

from defenders.discovery.search import discover, trigger_of
from defenders.discovery.shapes import Candidate, Discovery, DiscoveryParams, Null

__all__ = ["Candidate", "Discovery", "DiscoveryParams", "Null", "discover", "trigger_of"]
