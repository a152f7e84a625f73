"""The model side: tokenizers, models, the one training loop, scoring (imports torch)."""
