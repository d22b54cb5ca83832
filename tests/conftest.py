"""What all tests share: the second opinions under tests/reference, and how Hypothesis searches."""

from __future__ import annotations

import sys
from pathlib import Path

from hypothesis import HealthCheck, settings

sys.path.append(str(Path(__file__).parent))  # for `from reference.… import …`

# No deadline: other people's work shares the processor. The same examples each time, so that a failure is the
# code's and not the day's; `--hypothesis-profile=search` looks at new and many more ones.
settings.register_profile("same", deadline=None, derandomize=True, max_examples=25)
settings.register_profile("search", deadline=None, max_examples=500, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("same")
