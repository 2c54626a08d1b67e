"""What everything else stands on: errors, settings, registries, progress, knobs. It imports nothing of the program."""
