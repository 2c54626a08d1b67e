"""What is kept and what runs: the store on disk, and the jobs in processes of their own. It knows no stage."""
