"""The demo: bundled conversations through the real pipeline, watched live."""
