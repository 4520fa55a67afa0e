"""Policies as documents: read, proved and turned into the frozen values that the decision works with.

`load.py` is the door: `default_policy()`, `load_policy(path or text)`. A document that must not be used is refused with
every place, reason and remedy at once (`PolicyRefused`).
"""
