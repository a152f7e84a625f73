"""Trigger discovery: from a suspect model and a few clean examples to candidate triggers.

    found = discover(model, tokenizer, clean, library, DiscoveryParams(), rng)
    found.found                                  # the best candidate, or None
    trigger_of(found.found, library, clean)      # an object that marks prompts with it

Importing this needs no torch; `discover` does. How it works, and how well: docs/defences.md.
"""

from defenders.discovery.search import discover, trigger_of
from defenders.discovery.shapes import Candidate, Discovery, DiscoveryParams, Null

__all__ = ["Candidate", "Discovery", "DiscoveryParams", "Null", "discover", "trigger_of"]
