"""The parts of the pages: shell, state, forms, charts and player."""
