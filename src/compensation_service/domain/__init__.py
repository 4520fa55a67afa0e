"""The nouns of the service: statuses, the moves between them, errors. Pure: nothing here reads or writes."""
