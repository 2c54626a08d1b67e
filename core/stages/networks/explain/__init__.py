"""What a CNN sees and why it predicts what it predicts."""
