"""What everything else stands on: errors, settings, registries, progress, knobs, numerics.

It imports nothing of the program.
"""
