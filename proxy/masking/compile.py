"""From a method and a column to a mask that runs compiled."""

from proxy.errors import ConfigError
from proxy.masking.column import Column
from proxy.masking.kernels import ColumnMask
from proxy.masking.keys import Keys
from proxy.masking.method import KeyedMethod, Method


def compile_mask(method: Method, column: Column, keys: Keys, label: str) -> ColumnMask:
    """The mask of one column. label: the classified type, the domain of a keyed method that names none.
    Raises ConfigError: the method cannot make values of the column's type, or its key is missing."""
    if problem := method.problem(column):
        raise ConfigError(problem)
    kernel = method.kernel(column)
    element = None
    if kernel.name == "array" and column.element is not None:
        element = compile_mask(method.element(column), column.element, keys, label)
    key = keys.derive(method.domain or label, method.version) if isinstance(method, KeyedMethod) else None
    return ColumnMask(_name(method), kernel, method.constants(column), key, element)


def _name(method: Method) -> str:
    return str(method.__struct_config__.tag)
