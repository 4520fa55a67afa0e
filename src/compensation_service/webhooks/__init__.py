"""Webhooks on the wire: signatures, schedules, addresses and HTTP. Nothing here knows the database."""
