"""The parts of the page Timeline."""
