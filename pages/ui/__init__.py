"""What the pages share: the shell, the state, the forms, the charts and the player."""
