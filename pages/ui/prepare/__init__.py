"""The parts of the page Prepare."""
