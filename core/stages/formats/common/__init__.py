"""What the label formats share."""
