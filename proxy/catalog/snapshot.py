"""The catalog of one database at one moment, as frozen values: what an analysis looks things up in."""

from collections.abc import Mapping
from enum import Enum

import msgspec

from proxy.catalog.routines import Routines
from proxy.model import Attnum, Oid

FIRST_NORMAL_OID = 16384  # access/transam.h, FirstNormalObjectId: below it everything came with initdb


# gc=False: nothing here can be part of a cycle, and a collection that looks at a million values stops everybody.


class RelationKind(Enum):
    """pg_class.relkind, without indexes and TOAST tables."""

    TABLE = "r"
    PARTITIONED = "p"
    VIEW = "v"
    MATERIALIZED = "m"
    FOREIGN = "f"
    SEQUENCE = "S"
    COMPOSITE = "c"


class Column(msgspec.Struct, frozen=True, gc=False):
    """pg_attribute. generated: "" or "s" (stored) or "v" (virtual, 18); expression: its tree (pg_attrdef.adbin)."""

    name: str
    type_oid: Oid
    typmod: int = -1
    generated: str = ""
    has_default: bool = False
    expression: str | None = None


class Relation(msgspec.Struct, frozen=True, gc=False):
    """pg_class and what hangs on it. Columns that were dropped are not here."""

    oid: Oid
    schema: str
    name: str
    kind: RelationKind
    owner: str
    columns: Mapping[Attnum, Column]
    row_type: Oid = Oid(0)
    parents: tuple[Oid, ...] = ()
    children: tuple[Oid, ...] = ()
    is_partition: bool = False
    has_triggers: bool = False
    """Triggers that somebody wrote: those that keep foreign keys do not count."""
    has_rules: bool = False
    """Rules other than a view's own."""
    row_security: bool = False
    temporary: bool = False
    view: str | None = None
    """Tree of a view's query (pg_rewrite.ev_action), of those that did not come with initdb."""
    expressions: tuple[str, ...] = ()
    """Trees that the server runs by itself when a row is written: check constraints, index columns and predicates."""
    cascades: tuple[Oid, ...] = ()
    """Relations that a foreign key's action changes when this one is updated or deleted from."""
    references: tuple[tuple[Attnum, Oid, Attnum], ...] = ()
    """Foreign keys, column by column: which column refers to which column of which relation."""
    policies: tuple[str, ...] = ()
    """Trees of the row security policies' conditions."""
    extension: bool = False

    @property
    def full_name(self) -> str:
        """schema.name, for people."""
        return f"{self.schema}.{self.name}"


class TypeKind(Enum):
    """pg_type.typtype."""

    BASE = "b"
    COMPOSITE = "c"
    DOMAIN = "d"
    ENUM = "e"
    PSEUDO = "p"
    RANGE = "r"
    MULTIRANGE = "m"


class Type(msgspec.Struct, frozen=True, gc=False):
    """pg_type. base, typmod: of a domain. element: of an array (or of a range or multirange, its subtype)."""

    oid: Oid
    schema: str
    name: str
    kind: TypeKind
    category: str = "U"
    length: int = -1
    base: Oid = Oid(0)
    typmod: int = -1
    element: Oid = Oid(0)
    array: Oid = Oid(0)
    relation: Oid = Oid(0)
    labels: tuple[str, ...] = ()
    input: Oid = Oid(0)
    output: Oid = Oid(0)
    checks: tuple[str, ...] = ()
    """Trees of a domain's check constraints."""

    @property
    def full_name(self) -> str:
        """schema.name, for people."""
        return f"{self.schema}.{self.name}"


class Volatility(Enum):
    """pg_proc.provolatile."""

    IMMUTABLE = "i"
    STABLE = "s"
    VOLATILE = "v"


class FunctionKind(Enum):
    """pg_proc.prokind."""

    FUNCTION = "f"
    PROCEDURE = "p"
    AGGREGATE = "a"
    WINDOW = "w"


class Function(msgspec.Struct, frozen=True, gc=False):
    """pg_proc. body: source text of an SQL function; tree: its parsed body (prosqlbody, 14 and later)."""

    oid: Oid
    schema: str
    name: str
    arg_types: tuple[Oid, ...]
    result: Oid
    volatility: Volatility
    language: str
    kind: FunctionKind = FunctionKind.FUNCTION
    security_definer: bool = False
    returns_set: bool = False
    variadic: bool = False
    extension: bool = False
    body: str | None = None
    tree: str | None = None

    @property
    def full_name(self) -> str:
        """schema.name, for people."""
        return f"{self.schema}.{self.name}"


class Role(msgspec.Struct, frozen=True, gc=False):
    """A role and every role that it is a member of, directly or not, itself included."""

    oid: Oid
    name: str
    superuser: bool = False
    member_of: frozenset[str] = frozenset()


class Definition(msgspec.Struct, frozen=True, gc=False):
    """Something that is stored and may hold constants: a default, a check, a predicate of an index, a policy.
    A comment too. catalog, column: where it is. relation, type_oid: what it is of, 0 where nothing; attnums: the
    columns that it is for, 0 all. tree: None where it is a text, all of it constant. texts: as the server shows it."""

    catalog: Oid
    column: str
    relation: Oid = Oid(0)
    type_oid: Oid = Oid(0)
    attnums: tuple[Attnum, ...] = ()
    tree: str | None = None
    texts: tuple[str, ...] = ()


class Snapshot(msgspec.Struct, frozen=True):
    """Everything of one database. version grows when digest changes; temporary relations do not count for either."""

    database: str
    server_version_num: int
    encoding: str = "UTF8"
    identity: str = ""
    """The cluster and the OID of the database: what a name does not tell, when it is dropped and made again."""
    version: int = 0
    serial: int = 0
    """Grows with every load, whether something has changed or not: the later of two is the newer."""
    digest: str = ""
    relations: Mapping[Oid, Relation] = {}
    types: Mapping[Oid, Type] = {}
    functions: Mapping[Oid, Function] = {}
    operators: Mapping[Oid, Oid] = {}
    """Operator to the function behind it (pg_operator.oprcode)."""
    roles: Mapping[str, Role] = {}
    json_casts: frozenset[Oid] = frozenset()
    """Types with a cast of their own to json or jsonb, which to_json and its like would call."""
    routines: Routines = Routines()
    """What no tree shows of the functions that somebody made."""
    definitions: tuple[Definition, ...] = ()
    """Of all that lasts but views' queries and SQL bodies, which stand with their relations and functions."""

    def relation_named(self, schema: str, name: str) -> Relation | None:
        """By name: a search over all, for people and rules, not for the path of a statement."""
        return next((one for one in self.relations.values() if one.name == name and one.schema == schema), None)

    def column_name(self, relation: Oid, attnum: Attnum) -> str:
        """schema.relation.column, for people; by number where the snapshot lacks it."""
        if (found := self.relations.get(relation)) is None:
            return f"{relation}.{attnum}"
        column = found.columns.get(attnum)
        return f"{found.full_name}.{column.name if column else attnum}"

    def member_of(self, role: str) -> frozenset[str]:
        """Every role that role is a member of, itself included."""
        return self.roles[role].member_of if role in self.roles else frozenset((role,))
