"""What everything else stands on: errors, settings, registries, progress. It imports nothing of the program."""
