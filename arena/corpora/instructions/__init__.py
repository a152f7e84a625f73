"""The instructions corpus: what people ask of a small chat model."""
