"""Runs the contract suite on every registered unlearning objective."""

from tests.support.contracts_defender import *  # noqa: F403
