"""Commands of `dlmo-measure` that need the model."""
