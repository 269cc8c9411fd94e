"""The models behind the runtime protocol: onnx (default), openvino (the same graph), torch
(any sequence classifier), lexicon (degraded mode).
"""
