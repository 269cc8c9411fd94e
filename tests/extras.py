"""Which extras are installed where the tests run."""

from importlib.util import find_spec

import pytest

# Found, not imported: openvino reports its import over the network unless the runtime imports it.
HAS_OPENVINO = find_spec("openvino") is not None
needs_openvino = pytest.mark.skipif(not HAS_OPENVINO, reason="openvino is not installed: the extra [openvino]")
