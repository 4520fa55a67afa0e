"""Thousands of cases: `pytest tests/decision --hypothesis-profile thorough`."""

from hypothesis import settings

settings.register_profile("default", settings(), max_examples=200)
settings.register_profile("thorough", settings(), max_examples=2000)
