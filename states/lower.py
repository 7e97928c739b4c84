"""From the checked shape of a rules file to the frozen values the engine works on. Cannot fail."""

from __future__ import annotations

from typing import Any

from states.case import Renamed
from states.ruleset import (
    ANY,
    FIELD_TYPES,
    RESUME,
    Agency,
    Capacity,
    Choice,
    Deadline,
    DutyRule,
    Extension,
    Field,
    Ladder,
    Opening,
    OwedBy,
    Process,
    Ruleset,
    Rung,
    State,
    SuspendRule,
    Take,
    Transition,
    Who,
)
from states.shape import CapacityShape, DutyShape, FieldShape, ProcessShape, RulesFile, RungShape
from states.spoken import trial


def lower(shape: RulesFile) -> Ruleset:
    """The ruleset `shape` means; `shape` has passed `references.check`."""
    return Ruleset(
        edition=shape.edition,
        title=dict(shape.title),
        calendar=shape.calendar,
        grounds=tuple(shape.grounds),
        backdate=shape.backdate,
        undo_within=shape.undo_within,
        agencies={
            code: Agency(
                code=code,
                name=dict(a.name),
                body=a.body,
                signatory=a.signatory,
                leader_rank=dict(a.leader_rank or {}),
                focal_points=tuple(a.focal_points),
                parent=a.parent,
                source=a.source or "",
                level=a.level or "",
                sees_all=a.sees_all,
            )
            for code, a in shape.agencies.items()
        },
        choices={name: {v: _choice(c) for v, c in values.items()} for name, values in shape.choices.items()},
        ladders={
            name: Ladder(
                source=ladder.source,
                rungs=tuple(_rung(rung) for rung in ladder.rungs),
                unreachable=ladder.unreachable,
            )
            for name, ladder in shape.ladders.items()
        },
        processes={name: _process(name, process) for name, process in shape.processes.items()},
        openings=tuple(
            Opening(
                process=o.process,
                every=o.every,
                open_at=o.open_at,
                source=o.source or "",
                set=o.set,
                with_=o.with_,
            )
            for o in shape.openings
        ),
        tests=tuple(trial(t, shape.processes[t.process]) for t in shape.tests),
    )


def _choice(columns: dict[str, Any]) -> Choice:
    return Choice(label=columns["label"], columns={k: v for k, v in columns.items() if k != "label"})


def _rung(rung: RungShape) -> Rung:
    tell = tuple(Who(body=t.split(".")[0], leader=t.endswith(".leader")) for t in rung.tell)
    return Rung(tell=tell, warn=rung.warn, allow=rung.allow, every=rung.every, times=rung.times, fires=rung.fires)


def _process(name: str, shape: ProcessShape) -> Process:
    everywhere = tuple(state for state, s in shape.states.items() if not s.final)
    lines: list[Transition] = []
    counts: dict[str, int] = {}
    words: dict[str, tuple[dict[str, str], str]] = {}
    for t in shape.transitions:
        counts[t.trigger] = counts.get(t.trigger, 0) + 1
        if t.label or t.trigger not in words:
            words[t.trigger] = (dict(t.label or {}), t.alias or "")
        label, alias = words[t.trigger]
        sources = () if t.from_ is None else everywhere if t.from_ == [ANY] else tuple(t.from_)
        lines.append(
            Transition(
                id=t.trigger if counts[t.trigger] == 1 else f"{t.trigger}.{counts[t.trigger]}",
                trigger=t.trigger,
                source=t.source or "",
                label=label,
                alias=alias,
                sources=sources,
                to=t.to,
                by=tuple(t.by),
                when=t.when or (),
                inputs=tuple(t.inputs),
                takes=tuple(t.takes),
                includes=dict(t.includes),
                settled=tuple(t.settled),
                discharges=tuple(d for d in t.discharges if not d.startswith("all ")),
                discharges_all=tuple(d.removeprefix("all ") for d in t.discharges if d.startswith("all ")),
                lapses=tuple(t.lapses),
                after=tuple(t.after),
                times=t.times,
            )
        )
    return Process(
        name=name,
        prefix=shape.prefix,
        label=dict(shape.label or {}),
        alias=shape.alias or "",
        source=shape.source or "",
        initial=shape.initial,
        capacities={n: _capacity(n, c) for n, c in shape.capacities.items()},
        fields={n: field_of(n, f) for n, f in shape.fields.items()},
        states={
            n: State(
                name=n,
                label=dict(s.label or {}),
                duties=tuple(s.duties),
                suspends=s.suspends,
                may_wait=s.may_wait,
                final=s.final,
            )
            for n, s in shape.states.items()
        },
        duties={n: _duty(n, d, shape) for n, d in shape.duties.items()} | _review(shape),
        opening=tuple(line for line in lines if not line.sources),
        transitions=tuple(line for line in lines if line.sources),
        mend=tuple(shape.mend.by) if shape.mend else (),
        renamed=Renamed(**shape.renamed.model_dump()) if shape.renamed else Renamed(),
        suspend=SuspendRule(
            by=tuple(shape.suspend.by), at_most=shape.suspend.at_most, source=shape.suspend.source or ""
        )
        if shape.suspend
        else None,
    )


def _review(shape: ProcessShape) -> dict[str, DutyRule]:
    """What a suspension opens, where there may be one: nothing sleeps for ever.

    A duty like any other, so that inbox, ladder and list of what is stuck need no second mechanism: owed by whoever
    suspended, due on the day they named, done by resuming.
    """
    if shape.suspend is None:
        return {}
    rule = DutyRule(
        name=RESUME,
        label={"vi": "Xem xét tiếp tục tính hạn", "en": "Review the suspension"},
        alias="xem-xet-tiep-tuc",
        source=shape.suspend.source or "",
        owed_by=OwedBy(each=tuple(shape.suspend.by)),
        deadline=Deadline(),
    )
    return {RESUME: rule}


def _capacity(name: str, shape: CapacityShape) -> Capacity:
    field, _, column = (shape.default or "").partition(".")
    return Capacity(
        name=name,
        label=dict(shape.label or {}),
        alias=shape.alias or "",
        holds=shape.one or shape.many or ANY,
        many=shape.many is not None,
        default=(field, column) if shape.default else None,
        excepting=shape.except_,
        recorded_by=tuple(shape.recorded_by),
    )


def field_of(name: str, shape: FieldShape) -> Field:
    """One field, or one column of a rows field."""
    kind = next(t for t in FIELD_TYPES if getattr(shape, t) is not None)
    return Field(
        name=name,
        label=dict(shape.label or {}),
        alias=shape.alias or "",
        type=kind,
        choice=shape.choice,
        most=shape.text or 0,
        columns={n: field_of(n, column) for n, column in (shape.rows or {}).items()},
        per_agency=shape.per is not None,
        required=shape.required,
    )


def _duty(name: str, shape: DutyShape, process: ProcessShape) -> DutyRule:
    owed: OwedBy = shape.owed_by
    if len(owed.each) == 1 and owed.each[0] in process.fields:
        owed = OwedBy(rows=owed.each[0])
    return DutyRule(
        name=name,
        label=dict(shape.label or {}),
        alias=shape.alias or "",
        source=shape.source or "",
        owed_by=owed,
        deadline=Deadline(
            within=tuple(Take(take=t.take, when=t.when or ()) for t in shape.within or ()),
            by=shape.by,
            before=shape.before,
            at_least=shape.at_least,
        ),
        when=shape.when or (),
        opens_on=tuple(shape.opens_on),
        restart=shape.again == "restart",
        about_actor=shape.about is not None,
        answers=tuple(shape.answers),
        lasts_until=tuple(shape.lasts_until),
        ladder=None if shape.ladder == "none" else shape.ladder,
        on_overdue=shape.on_overdue,
        extend=Extension(by=tuple(shape.extend.by), times=shape.extend.times, at_most=shape.extend.at_most)
        if shape.extend
        else None,
        waive_by=tuple(shape.waive.by) if shape.waive else (),
        runs_on=shape.runs_on,
    )
