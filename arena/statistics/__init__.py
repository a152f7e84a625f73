"""The estimands of docs/estimands.md: rates, intervals, transfer, verdicts."""
