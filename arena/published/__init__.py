"""Models that others published: a short list of them by name, and GGUF files made into
checkpoints."""
