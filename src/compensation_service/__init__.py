"""compensation-service: what do we owe, what is fair on top, how do we say it, did it work?"""
