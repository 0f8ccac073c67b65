"""The measured workloads: ``python -m benchmarks``. The end-to-end tests play on the same stage."""
