"""Temporary relations of the session itself, which the snapshot lacks while their transaction is open: the session is
asked for them, and they are part of the ground of one decision.

Why their columns may be what nobody classified. What is in them the session has put there, and it has one subject from
login to end, whatever role it takes. A statement by which a restricted reader would put a protected value there is
refused (laundering), by whatever it is computed from; what runs by itself (triggers, rules, generated columns, checks,
defaults of other relations) makes the relation one that is not taken from here, and so does an owner other than the
session's user: then a function of somebody else's has made it. No other session reads or fills it: the server does not
let them. What is decided thereby is not remembered: the next statement asks again.
"""

from collections import ChainMap
from collections.abc import Mapping, Sequence

from msgspec.structs import replace

from proxy.analysis.ground import Ground
from proxy.catalog.snapshot import Column, Relation, RelationKind
from proxy.decide.own_questions import Row
from proxy.model import Attnum, Oid


def relations(rows: Sequence[Row]) -> Mapping[Oid, Relation]:
    """The answer to `own_questions.question`."""
    columns: dict[Oid, dict[Attnum, Column]] = {}
    names: dict[Oid, str] = {}
    for row in rows:
        oid, name, attnum, column, type_oid, typmod = ((value or b"").decode("utf-8", "replace") for value in row)
        names[Oid(int(oid))] = name
        columns.setdefault(Oid(int(oid)), {})[Attnum(int(attnum))] = Column(column, Oid(int(type_oid)), int(typmod))
    return {
        oid: Relation(oid, "pg_temp", names[oid], RelationKind.TABLE, "", found, temporary=True)
        for oid, found in columns.items()
    }


def beside(ground: Ground, trusted: frozenset[Oid], rows: Sequence[Row]) -> Ground:
    """The ground of one decision: the snapshot's, and the relations of an answer. What it finds out stays in it, but
    for the trees of functions' texts, in which no temporary relation has a place."""
    known = ground.snapshot.relations
    added = {oid: one for oid, one in relations(rows).items() if oid not in known}
    made = Ground(replace(ground.snapshot, relations=ChainMap(added, dict(known))), trusted)
    made.texts = ground.texts
    return made
