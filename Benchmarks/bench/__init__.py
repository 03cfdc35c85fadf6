"""Benchmarks of the suite: rows, servers, figures."""
