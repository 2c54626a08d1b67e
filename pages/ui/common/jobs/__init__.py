"""How jobs are shown and followed."""
