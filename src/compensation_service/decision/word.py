"""Words: the members of an enumeration that are their own text, and are looked up as fast as text."""

from enum import StrEnum


class Word(StrEnum):
    """A StrEnum that hashes as the string it is: decisions look words up by the hundred, and Enum's own way is slow."""

    __hash__ = str.__hash__
