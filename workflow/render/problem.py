"""A problem of a rules file or a calendar, for people: where, what, the way out, and the story that shows it."""

from __future__ import annotations

from states.errors import Problem, Told
from states.worktime import Duration
from workflow.render.language import _
from workflow.render.when import length
from workflow.render.words import inside, label, sentence


def problem_lines(problem: Problem) -> list[str]:
    """The lines of `problem`, those below the first indented."""
    lines = [f"{place(problem)} {problem.code} {sentence(problem.text, problem.values)}"]
    if problem.hint:
        lines.append("  " + _("hint:") + " " + sentence(problem.hint, problem.hint_values))
    if problem.story:
        lines.append("  " + _("for example:") + " " + story(problem.story))
    return lines


def place(problem: Problem) -> str:
    """`file:line:column`."""
    return f"{problem.file}:{problem.line}:{problem.column}"


def story(steps: tuple[Told, ...]) -> str:
    """`Report (by phone), Notify, Object, wait 3 working days (settle): nobody can act`."""
    said = [_step(step) for step in steps]
    return ", ".join(said[:-1]) + ": " + said[-1]


def _step(step: Told) -> str:
    duty = inside(label(dict(step.duty), ""))
    match step.kind:
        case "wait" if step.time:
            return _("wait {time} ({duty})").format(time=length(Duration.parse(step.time)), duty=duty)
        case "wait":
            return _("wait until all reminders are over ({duty})").format(duty=duty)
        case "due":
            return _("wait until its day is over ({duty})").format(duty=duty)
        case "waive":
            return _("waive ({duty})").format(duty=duty)
        case "so":
            return _(step.text)
    given = ", ".join(inside(label(dict(one), "")) for one in step.given)
    return label(dict(step.trigger), "") + (f" ({given})" if given else "")
