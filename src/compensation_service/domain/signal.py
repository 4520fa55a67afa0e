"""A signal: something that tells of trouble before the customer does."""

from enum import StrEnum


class SignalKind(StrEnum):
    """What was noticed. Each has a value that says how much of it."""

    LATE_SCAN = "late_scan"
    """A parcel was not scanned when it should have been; the value is hours of delay."""
    LOW_RATING = "low_rating"
    """The customer gave a rating; the value is the rating."""
    FAILED_PAYMENT = "failed_payment"
    """A payment failed through no fault of the customer; the value counts the attempts."""
    LONG_WAIT = "long_wait"
    """The customer waited for an answer; the value is minutes."""
    REPEATED_CONTACT = "repeated_contact"
    """The customer had to come back about the same matter; the value counts the contacts."""
