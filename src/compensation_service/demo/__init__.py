"""The demonstration: a made-up shop, its troubles, and the service deciding on them over real HTTP.

`cases.py` makes the requests, `server.py` starts the service, `client.py` talks to it, `show.py` prints, `run.py` tells
the story.
"""
