"""Who executes stages: this process, or Ray actors."""
