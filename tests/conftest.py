"""Settings of the whole test tree."""
