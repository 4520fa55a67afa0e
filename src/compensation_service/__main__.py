"""`python -m compensation_service` is the command line."""

from compensation_service.cli import main

main()
