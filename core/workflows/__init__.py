"""The order of the work: each workflow joins stages with the workspace."""
