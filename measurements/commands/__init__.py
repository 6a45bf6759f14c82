"""The commands of `dlmo-measure`, one module for each kind: options, words, and calls elsewhere."""
