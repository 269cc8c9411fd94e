"""The models behind the runtime protocol: onnx (default), torch (any sequence classifier), lexicon
(degraded mode).
"""
