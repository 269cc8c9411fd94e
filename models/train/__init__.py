"""Training of the shipped encoder: base, vocabulary, rows, stages, calibration (offline; needs the extra ``train``)."""
