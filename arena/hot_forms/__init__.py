"""Hot forms, one file each: ways of writing that no training text has."""
