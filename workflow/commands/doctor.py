"""`phoihop doctor`: one line for each thing that is not as it should be, with its code and the way out."""

from __future__ import annotations

from workflow.commands.context import Context
from workflow.commands.group import command
from workflow.doctor import examine
from workflow.render.json import finding_json
from workflow.render.language import N_, _, ngettext
from workflow.render.words import sentence

FOUND = 1


@command(
    "doctor",
    help=N_("What is not as the plan and this storage need it. Exit 1 if there is an error, 0 for warnings alone."),
    example="phoihop doctor --format json",
)
def command_doctor(context: Context) -> int:
    context.warned = True  # what is missing is a finding here
    engine, screen = context.engine(), context.screen
    names = context.speak(engine.office())
    found = examine(engine, context.now)
    errors = sum(one.level == "error" for one in found)
    if screen.format in ("json", "csv"):
        screen.listing([], [], [finding_json(one, names.of(one.values.get("process", ""))) for one in found])
        return FOUND if errors else 0
    marks = {"error": _("error"), "warning": _("warning")}
    for one in found:
        of = names.of(one.values.get("process", ""))
        said = f"{sentence(one.text, one.values, of)}; {sentence(one.hint, one.values, of)}"
        screen.hang(f"{marks[one.level]} {one.code}: ", said)
    if not found:
        screen.line(_("Nothing is wrong."))
        return 0
    warnings = len(found) - errors
    screen.line(
        ngettext("{count} error", "{count} errors", errors).format(count=errors)
        + ", "
        + ngettext("{count} warning", "{count} warnings", warnings).format(count=warnings)
    )
    return FOUND if errors else 0
