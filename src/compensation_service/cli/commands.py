"""Which commands there are. Each is imported when it is run: one run needs one, and all of them take seconds."""

from importlib import import_module
from types import MappingProxyType
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup

COMMANDS = MappingProxyType(
    {
        "serve": (
            "serve:serve",
            "Answer requests over HTTP until told to stop. In development the database is brought up to date first.",
        ),
        "decide": ("decide:decide_file", "Decide on one incident and show every reason. Nothing is stored."),
        "worker": (
            "worker:worker",
            "Send webhooks; let offers expire, accept defaults, remind of follow-ups, escalate broken clocks; until "
            "stopped.",
        ),
        "recompute": (
            "recompute:recompute_offer",
            "Decide a stored offer again, from its facts and by its version of the policy: exit code 0 if it is the "
            "same.",
        ),
        "verify": (
            "verify:verify",
            "Find every change, removal, insertion or cut in the events, checkpoints, offers and moves, and name the "
            "place.",
        ),
        "export": ("export:export", "Write a merchant's incidents to standard output, however many there are."),
        "import": (
            "import_past:import_file",
            "Import incidents of the past: they count in decisions, and nothing is offered for them.",
        ),
        "openapi": ("openapi:openapi", "Print the OpenAPI description of the HTTP interface."),
        "demo": (
            "demo:demo",
            "Start the service, let it decide on 300 made-up incidents, show what came out; Ctrl-C stops.",
        ),
        "db": ("database:app", "Look after the database."),
        "keys": ("keys:app", "Create, list, rotate and revoke API keys."),
        "budgets": ("budgets:app", "Make and read budgets for goodwill."),
        "inbound": ("inbound:app", "Try what webhooks of other systems become."),
        "merchants": ("merchants:app", "Create and list merchants."),
        "letters": ("letters:app", "Letters to customers."),
        "customers": ("customers:app", "Erase customers."),
        "policy": ("policy:app", "Show, check, write, activate and compare policies."),
        "schemes": ("schemes:app", "Evaluate and check schemes: laws, contracts and promises as data."),
    }
)
"""By its name, a command's module and what there makes it, and the first paragraph of its help."""


def load(name: str) -> Any:  # noqa: ANN401 - typer keeps the type of a command to itself
    """Import a command."""
    module, _, attribute = COMMANDS[name][0].partition(":")
    found = getattr(import_module(f"compensation_service.cli.{module}"), attribute)
    only = typer.Typer(add_completion=False, rich_markup_mode="rich", callback=lambda: None)
    if isinstance(found, typer.Typer):
        only.add_typer(found, name=name)
    else:
        only.command(name)(found)
    group: Any = typer.main.get_command(only)
    return group.commands[name]


class Deferred(TyperCommand):
    """A command that is imported when somebody runs it or asks for its help."""

    name: str

    def make_context(self, *asked: Any, **options: Any) -> Any:  # noqa: ANN401 - handed on as it is
        """Let the command itself read its arguments."""
        return load(self.name).make_context(*asked, **options)


class Commands(TyperGroup):
    """The group of all commands."""

    def __init__(self, **options: Any) -> None:  # noqa: ANN401 - handed on as they are
        commands = {name: Deferred(name, help=line) for name, (_, line) in COMMANDS.items()}
        super().__init__(**options | {"commands": commands})
