"""Who may see a case: the one condition under which every list, search, count and look stands.

    sighted = Sight(statement, cases.c.number)
    connection.execute(*sighted.of(sees, values))

`sees` are the codes of the agencies in whose name somebody looks; None sees everything. An agency sees the cases
in which it, or one it succeeded, is or ever was a party or owed something. A case that is hidden answers in every
way as one that does not exist.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import BindParameter, ColumnElement, Connection, Select, bindparam, select, text

from states.case import Case
from workflow.database.prepared import Prepared
from workflow.tables import cases, involved

Sees = tuple[str, ...] | None
_SEES: BindParameter[str] = bindparam("sees", expanding=True)
_THEIRS = select(involved.c.case).where(involved.c.agency.in_(_SEES))
# Valid as it stands on both databases.
INVOLVE = Prepared(text('INSERT INTO involved ("case", agency) VALUES (:case, :agency) ON CONFLICT DO NOTHING'))


class Sight:
    """A statement twice: for who sees everything, and for who sees the cases (`case`) of some agencies."""

    def __init__(self, statement: Select[Any], case: ColumnElement[str]) -> None:
        self.every, self.some = statement, statement.where(case.in_(_THEIRS))

    def of(self, sees: Sees, values: Mapping[str, object]) -> tuple[Select[Any], dict[str, object]]:
        """The statement for `sees`, and its values."""
        if sees is None:
            return self.every, dict(values)
        return self.some, {**values, "sees": sees}


_CASE = Sight(select(cases.c.number).where(cases.c.number == bindparam("number")), cases.c.number)


def seen(connection: Connection, number: str, sees: Sees) -> bool:
    """Whether there is a case `number`, and `sees` may see it."""
    return connection.execute(*_CASE.of(sees, {"number": number})).first() is not None


def newly_involved(before: Case | None, after: Case) -> list[dict[str, str]]:
    """Who takes part in a case now that `before` has become `after`: rows for `INVOLVE`.

    They may have taken part before, and been replaced since: hence it adds each only once.
    """
    known = _involved(before) if before is not None else {}
    return [{"case": after.case, "agency": agency} for agency in _involved(after) if agency not in known]


def _involved(case: Case) -> dict[str, None]:
    parties: Iterable[str] = (agency for held in case.parties.values() for agency in held)
    return dict.fromkeys([*parties, *(duty.agency for duty in case.duties.values() if duty.agency)])
