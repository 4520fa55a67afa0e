"""compensation-service: what is owed to a wronged customer, what is fair on top, how to say it, did it work."""
