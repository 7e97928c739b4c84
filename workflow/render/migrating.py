"""What becomes of open cases under another edition, on the screen and for scripts."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from workflow.moving import Effect, Plan, effect
from workflow.render.calendar import move_json, moves_page
from workflow.render.language import _, ngettext
from workflow.render.screen import Screen
from workflow.render.words import Names


def plans_page(screen: Screen, names: Names, found: Sequence[Plan], now: datetime) -> None:
    """Every due date that moves, every case that cannot go and why, and the sum."""
    if not found:
        screen.line(_("Every open case is under this edition already."))
        return
    moves_page(screen, [move for plan in found for move in plan.moves], names)
    staying = [plan for plan in found if plan.reasons]
    if staying:
        screen.line()
        screen.line(_("These stay under their edition:"), "bold")
    for plan in staying:
        words = names.of(plan.process) if plan.process in names.ruleset.processes else names
        screen.line(f"  {plan.case}: " + "; ".join(words.reason(reason) for reason in plan.reasons))
    screen.line()
    screen.line(effect_line(effect(found, now)))


def effect_line(sum_: Effect) -> str:
    """ "1 case can go, 0 cannot: 7 fall due later, 0 fall due sooner, 0 become overdue."."""
    cases = ngettext("{cases} case can go, {stay} cannot", "{cases} cases can go, {stay} cannot", sum_.cases)
    later = ngettext("{count} falls due later", "{count} fall due later", sum_.later)
    sooner = ngettext("{count} falls due sooner", "{count} fall due sooner", sum_.sooner)
    overdue = ngettext("{count} becomes overdue", "{count} become overdue", sum_.overdue)
    counted = ((later, sum_.later), (sooner, sum_.sooner), (overdue, sum_.overdue))
    moved = ", ".join(text.format(count=count) for text, count in counted)
    return f"{cases.format(cases=sum_.cases, stay=sum_.stay)}: {moved}."


def migrated(
    screen: Screen, names: Names, found: Sequence[Plan], done: Sequence[Plan], now: datetime, *, dry_run: bool
) -> None:
    """What was done of it."""
    if screen.format in ("json", "csv"):
        records = [plan_json(plan, names) for plan in (done or found)]
        if screen.format == "csv":
            screen.csv([move for record in records for move in record["moves"]])
            return
        gone = [plan.case for plan in done if not plan.reasons]
        screen.json({"cases": records, "migrated": gone, **effect_json(effect(done or found, now))})
    elif dry_run:
        screen.note(_("Nothing was changed."))
    elif found:
        count = sum(not plan.reasons for plan in done)
        screen.line(ngettext("{count} case taken over.", "{count} cases taken over.", count).format(count=count))


def plan_json(plan: Plan, names: Names) -> dict[str, Any]:
    """One case: its moves, or the reasons why it stays."""
    return {
        "case": plan.case,
        "from": plan.edition,
        "moves": [move_json(move) for move in plan.moves],
        "reasons": [{"code": reason.code, "text": names.reason(reason)} for reason in plan.reasons],
    }


def effect_json(sum_: Effect) -> dict[str, int]:
    """The counts of an effect."""
    return {
        "can_go": sum_.cases,
        "stay": sum_.stay,
        "later": sum_.later,
        "sooner": sum_.sooner,
        "overdue": sum_.overdue,
    }
