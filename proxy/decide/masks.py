"""Treatments become masks: one compiled kernel a column, shared by all statements that need the same."""

from collections.abc import Sequence
from typing import Final

from proxy.catalog.snapshot import FIRST_NORMAL_OID, Snapshot, TypeKind
from proxy.decide.definitions import Definitions
from proxy.errors import ConfigError
from proxy.masking.column import Column
from proxy.masking.compile import compile_mask
from proxy.masking.documents import compile_document
from proxy.masking.kernels import ColumnMask
from proxy.masking.keys import Keys
from proxy.masking.method import Method
from proxy.masking.methods.auto import Auto
from proxy.masking.methods.null import Null
from proxy.masking.methods.redact import Redact
from proxy.masking.rows import RowMask
from proxy.model import ColumnTreatment, Oid, Output, Treatment
from proxy.policy.documents import written
from proxy.policy.rules import DERIVED_LABEL, Rules

MOST_KEPT: Final = 4096
UTF8: Final = frozenset({"UTF8", "UNICODE"})
_DEEPEST_DOMAIN: Final = 32


class Masks:
    """Compiled masks of one version of the rules. Bounded: past MOST_KEPT all are made anew."""

    def __init__(self, rules: Rules, keys: Keys) -> None:
        self._rules, self._keys = rules, keys
        self._made: dict[tuple[ColumnTreatment, Column, bool], ColumnMask] = {}

    def row_mask(
        self,
        outputs: Sequence[Output],
        treatments: Sequence[ColumnTreatment],
        snapshot: Snapshot,
        definitions: Definitions | None = None,
        *,
        client_encoding: str = "",
    ) -> tuple[RowMask | None, bytes]:
        """The mask of a result and which columns it covers; None where all pass. definitions: the subject's masks of
        what is stored; where there are none, nothing of it is shown. client_encoding: of the values; of documents in
        another than UTF-8 only those in ASCII can be read."""
        if not any(each.treatment is not Treatment.PASS for each in treatments):
            return None, b""
        masks = [
            None if how.treatment is Treatment.PASS else self._of(how, out, snapshot, definitions, client_encoding)
            for out, how in zip(outputs, treatments, strict=True)
        ]
        return RowMask(masks), bytes(mask is not None for mask in masks)

    def _of(
        self,
        how: ColumnTreatment,
        output: Output,
        snapshot: Snapshot,
        definitions: Definitions | None,
        client_encoding: str,
    ) -> ColumnMask:
        column = column_of(snapshot, output.type_oid, output.typmod)
        if how.treatment is Treatment.DEFINITION and definitions is not None and column.is_text:
            return definitions.mask(output.origin.direct)
        return self._one(how, column, utf8=client_encoding.upper() in UTF8)

    def redact(self, columns: Sequence[tuple[Oid, int] | None], snapshot: Snapshot) -> tuple[RowMask, bytes]:
        """Typed constants for the columns given by type and typmod; None passes."""
        how = ColumnTreatment(Treatment.REDACT)
        masks = [None if each is None else self._one(how, column_of(snapshot, *each)) for each in columns]
        return RowMask(masks), bytes(mask is not None for mask in masks)

    def applied(self, how: ColumnTreatment, name: str) -> list[tuple[str, str]]:
        """What is masked of a column of that name, and by which method, for the record: each part of a document."""
        if not how.parts or how.treatment is not Treatment.MASK:
            return [(name, self.method_name(how))]
        return [(f"{name} {written(keys)}", self._method_of(label)) for keys, label in how.parts]

    def _method_of(self, label: str) -> str:
        return self.method_name(ColumnTreatment(Treatment.MASK, label))

    def method_name(self, how: ColumnTreatment) -> str:
        """The method's name, for the record."""
        if how.treatment is Treatment.DEFINITION:
            return Treatment.DEFINITION.value
        return str(self._method(how).__struct_config__.tag)

    def _method(self, how: ColumnTreatment) -> Method:
        match how.treatment:
            case Treatment.MASK if how.label != DERIVED_LABEL:
                entry = self._rules.mask_for(how.label)
                return entry.method if entry is not None and isinstance(entry.method, Method) else Auto()
            case Treatment.NULL | Treatment.DEFINITION:
                return Null()
            case _:
                return Redact()

    def _one(self, how: ColumnTreatment, column: Column, *, utf8: bool = False) -> ColumnMask:
        key = (ColumnTreatment(how.treatment, how.label, parts=how.parts), column, utf8)
        if (made := self._made.get(key)) is None:
            if len(self._made) >= MOST_KEPT:
                self._made.clear()
            made = self._made[key] = self._compile(how, column, utf8=utf8)
            if how.treatment is Treatment.REDACT:
                made.hide_null()
        return made

    def _compile(self, how: ColumnTreatment, column: Column, *, utf8: bool) -> ColumnMask:
        if how.treatment is Treatment.MASK and how.parts:
            masks = [(ColumnTreatment(Treatment.MASK, label), keys) for keys, label in how.parts]
            parts = [(keys, self._method(each), each.label) for each, keys in masks]
            return compile_document(parts, column, self._keys, utf8=utf8)
        try:
            return compile_mask(self._method(how), column, self._keys, how.label)
        except ConfigError:  # a method that this type cannot take masks by the typed constant; `check` reports it
            return compile_mask(Redact(), column, self._keys, how.label)


def column_of(snapshot: Snapshot, type_oid: Oid, typmod: int) -> Column:
    """A type as the masks take it: domains down to their base, enums with their labels."""
    domain = False
    known = snapshot.types.get(type_oid)
    for _ in range(_DEEPEST_DOMAIN):
        if known is None or known.kind is not TypeKind.DOMAIN:
            break
        domain, type_oid = True, known.base
        typmod = known.typmod if typmod < 0 else typmod
        known = snapshot.types.get(type_oid)
    labels = known.labels if known is not None and known.kind is TypeKind.ENUM else ()
    name = known.name if known is not None and known.oid >= FIRST_NORMAL_OID else ""
    return Column(type_oid=type_oid, typmod=typmod, is_domain=domain, labels=labels, type_name=name)
