"""Stress tests of the claim: a grid of scenarios, one verdict."""
