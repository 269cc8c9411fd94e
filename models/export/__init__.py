"""From a trained network to the shipped artifact: graph, weights at rest, calibration, manifest (offline)."""
