"""Runs the contract suite on every registered unlearning objective."""

from contracts_defender import *  # noqa: F403
