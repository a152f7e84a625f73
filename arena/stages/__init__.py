"""One file for each kind of stage: its work, its resources, what decides its outcome."""
