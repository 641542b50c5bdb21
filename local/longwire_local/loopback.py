"""HTTP requests to the servers of a stack, which are on this machine."""

from __future__ import annotations

import urllib.request

# The caller's proxy does not apply to this machine.
DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))
