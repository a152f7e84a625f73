"""A whole run: plan, execute, gather results, write the run folder."""
