"""What to do: limits and measurements in, one pick with its evidence out."""
