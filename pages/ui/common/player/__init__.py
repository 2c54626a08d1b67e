"""The player: one clock, lanes of labels, edits."""
