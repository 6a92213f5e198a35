"""From the masks of a document's parts to one that runs compiled."""

import json
from collections.abc import Sequence
from typing import Final, TypeAlias

from proxy.errors import ConfigError
from proxy.masking import oids
from proxy.masking.column import Column
from proxy.masking.compile import compile_mask
from proxy.masking.constants import redacted
from proxy.masking.kernels import ColumnMask
from proxy.masking.keys import Keys
from proxy.masking.method import KeyedMethod, Method
from proxy.masking.methods.auto import Auto
from proxy.masking.methods.fixed import Fixed
from proxy.masking.methods.null import Null
from proxy.masking.methods.redact import Redact
from proxy.masking.parts import DocumentMask, PartRule
from proxy.masking.plan import CONSTANT

Part: TypeAlias = tuple[tuple[str, ...], Method, str]
"""Keys, method, and the classified type, which is the domain of a method that names none."""
FORMS: Final = {oids.JSON: "json", oids.JSONB: "jsonb"}
TEXT: Final = Column(oids.TEXT)
NUMERIC: Final = Column(oids.NUMERIC)
METHOD: Final = "json"


def compile_document(parts: Sequence[Part], column: Column, keys: Keys, *, utf8: bool) -> ColumnMask:
    """The mask of a document's parts; of a column that holds texts, that of the one part () which ->> gave. utf8:
    whether values come in UTF-8; else only those in ASCII are read. What cannot be masked in place becomes the
    constant of the column's type, as everything does in a column of another type."""
    form = "scalar" if column.is_text and [part[0] for part in parts] == [()] else FORMS.get(column.type_oid)
    made = DocumentMask(METHOD, CONSTANT, redacted(column))
    if form is None or column.is_domain or not parts:
        return made
    made.cover(form, [(path, rule(method, label, keys)) for path, method, label in parts], ascii=not utf8)
    return made


def rule(method: Method, label: str, keys: Keys) -> PartRule:
    """What a method makes of the values of a part: of a string what it makes of a text. A number stays one: keyed where
    the method is, else a constant."""
    return PartRule(
        _compiled(method, TEXT, label, keys),
        _compiled(_of_numbers(method), NUMERIC, label, keys),
        _boolean(method),
        b"null" if isinstance(method, Null) else b"{}",
    )


def _of_numbers(method: Method) -> Method:
    match method:
        case KeyedMethod():
            return Auto(domain=method.domain, version=method.version)
        case Null():
            return method
        case Fixed(value=int() | float()) if _is_number(method.value):
            return method
        case _:
            return Redact()


def _is_number(value: object) -> bool:
    """Whether a value is a number that JSON can write: neither true nor infinite."""
    return not isinstance(value, bool) and json.dumps(value).lstrip("-")[0].isdigit()


def _boolean(method: Method) -> bytes:
    if isinstance(method, Null):
        return b"null"
    return b"true" if isinstance(method, Fixed) and method.value is True else b"false"


def _compiled(method: Method, column: Column, label: str, keys: Keys) -> ColumnMask:
    try:
        return compile_mask(method, column, keys, label)
    except ConfigError:  # a method that makes no text or number
        return compile_mask(Redact(), column, keys, label)
