"""Stress-testing the claim: a grid of scenarios, one verdict."""
