"""Long work in processes of its own: see runner, records, worker and cluster."""
