"""Runs the contract suite on every registered trigger and payload."""

from tests.support.contracts_attacker import *  # noqa: F403
