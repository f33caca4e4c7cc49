"""How fast, measured beside the limits of the same machine in the same run. `make bench` writes `results.md`."""
