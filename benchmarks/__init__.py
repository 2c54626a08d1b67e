"""What `make bench` measures. Each module's main() gives its figures; `python -m benchmarks NAME...` runs some."""
