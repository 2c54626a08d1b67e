"""Long work in processes of its own: see runner, worker and cluster."""
