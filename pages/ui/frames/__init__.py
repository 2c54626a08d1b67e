"""The parts of the page Frames."""
