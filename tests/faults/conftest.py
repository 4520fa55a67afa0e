"""What takes a minute and more, and is looked at with `FAULTS=long` only."""

import os

collect_ignore = [] if os.environ.get("FAULTS") == "long" else ["test_outage.py", "test_rolling_restart.py"]
