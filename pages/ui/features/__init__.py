"""The parts of the page Features."""
