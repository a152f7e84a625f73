"""Running planned stages: in this process or on Ray, with a record of what happened."""
