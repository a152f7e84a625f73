"""What the numbers mean: rates, intervals over seeds, transfer, verdicts (docs/estimands.md)."""
