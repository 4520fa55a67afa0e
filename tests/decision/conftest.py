"""Thousands of cases: `pytest tests/decision --hypothesis-profile thorough`."""

from hypothesis import settings

settings.register_profile("default", max_examples=200, deadline=None)
settings.register_profile("thorough", max_examples=2000, deadline=None)
