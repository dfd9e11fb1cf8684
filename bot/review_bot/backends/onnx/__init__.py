"""A model in ONNX format, run in this process.

Both libraries would otherwise write files to the home folder and look up a host at import: the variable stops them,
and it stops nothing once they are loaded. So it stands here, where every module that imports them passes.
"""

from __future__ import annotations

import os

os.environ["ORT_DISABLE_TELEMETRY"] = "1"
