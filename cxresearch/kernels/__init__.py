"""Notebooks on forked kernels: knows nothing of reports."""
