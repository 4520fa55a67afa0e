"""Thousands of cases: `pytest tests/decision --hypothesis-profile thorough`."""

import functools
import gc
import os
import sys

import pytest
from hypothesis import settings

from compensation_service.decision.memory import Memory

settings.register_profile("default", settings(), max_examples=200)
settings.register_profile("thorough", settings(), max_examples=2000)

if "mutmut" in sys.modules:
    forgotten_for = [""]

    @pytest.fixture(autouse=True)
    def _forget() -> None:
        """What the original had worked out, a mutant would not work out again, nor would it be known which tests do."""
        mutant = os.environ.get("MUTANT_UNDER_TEST", "")
        if mutant == "stats" or mutant not in forgotten_for:
            forgotten_for[:] = [mutant]
            gc.unfreeze()  # what was there before the tests would not be among them
            for each in gc.get_objects():
                if isinstance(each, Memory):
                    each.clear()
                elif isinstance(each, functools._lru_cache_wrapper) and each.__module__.startswith(
                    "compensation_service.decision"
                ):
                    each.cache_clear()
