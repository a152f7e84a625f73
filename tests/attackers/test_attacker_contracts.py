"""Runs the contract suite on every registered trigger and payload."""

from contracts_attacker import *  # noqa: F403
