"""Scenario files: schema, loading with line numbers, overrides."""
