"""One module for each workload: ``run`` returns its figures."""
