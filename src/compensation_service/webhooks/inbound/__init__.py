"""Webhooks that other systems send: who signed them, and what they would become. Nothing here knows the database."""
