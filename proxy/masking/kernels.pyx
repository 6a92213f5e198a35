# cython: language_level=3, boundscheck=False, wraparound=False, autotestdict=False, auto_pickle=False
"""The one table of kernels, and the mask of a column that is made from it."""

from libc.string cimport memcpy, memset

from proxy.masking.aes cimport has_hardware, set_key
from proxy.masking.arrays cimport array_binary, array_text
from proxy.masking.cell cimport UNFIT, Kernel, Mask, Out
from proxy.masking.datetime cimport (
    date_binary, date_text, interval_binary, interval_text, time_binary, time_text, timestamp_binary, timestamp_text,
    timestamptz_text, timetz_binary, timetz_text,
)
from proxy.masking.definition cimport definition_text, known_text
from proxy.masking.floats cimport float_binary, float_text
from proxy.masking.integers cimport integer_binary, integer_text, money_binary, money_text
from proxy.masking.jsonish cimport json_text, jsonb_binary
from proxy.masking.network cimport cidr_text, inet_binary, inet_text
from proxy.masking.numeric cimport numeric_binary, numeric_text
from proxy.masking.raw cimport bytea_binary, bytea_text, macaddr_binary, macaddr_text, uuid_binary, uuid_text
from proxy.masking.text cimport email_in_domain, email_text, hash_text, keyed_letter, keyed_text, partial_text

cdef enum:
    ROOM = 64                # kernels that the table has room for
    LONGEST = 0x3fffffff     # characters of a PostgreSQL text

cdef Kernel TABLE[ROOM][2]   # by number and format
cdef dict NUMBERS = {}       # of the kernels, by name


cdef int constant(const Mask *mask, const unsigned char *value, Py_ssize_t length, Out *out) noexcept nogil:
    """Takes no value: each becomes the constant of the mask, or NULL where it has none."""
    return UNFIT


cdef int register(str name, Kernel text, Kernel binary) except -1:
    """Adds a kernel to the table."""
    TABLE[len(NUMBERS)][0], TABLE[len(NUMBERS)][1] = text, binary
    NUMBERS[name] = len(NUMBERS)
    return 0


register("constant", constant, constant)
register("text", keyed_text, keyed_text)
register("letter", keyed_letter, keyed_letter)
register("hash", hash_text, hash_text)
register("email", email_text, email_text)
register("email_in_domain", email_in_domain, email_in_domain)
register("partial", partial_text, partial_text)
register("integer", integer_text, integer_binary)
register("money", money_text, money_binary)
register("numeric", numeric_text, numeric_binary)
register("float", float_text, float_binary)
register("date", date_text, date_binary)
register("time", time_text, time_binary)
register("timetz", timetz_text, timetz_binary)
register("timestamp", timestamp_text, timestamp_binary)
register("timestamptz", timestamptz_text, timestamp_binary)
register("interval", interval_text, interval_binary)
register("bytea", bytea_text, bytea_binary)
register("uuid", uuid_text, uuid_binary)
register("macaddr", macaddr_text, macaddr_binary)
register("inet", inet_text, inet_binary)
register("cidr", cidr_text, inet_binary)
register("json", json_text, json_text)
register("jsonb", json_text, jsonb_binary)
register("array", array_text, array_binary)
register("definition", definition_text, definition_text)
register("known", known_text, known_text)

UNKEYED = frozenset({"constant", "partial", "array", "definition", "known"})


cdef int set_constant(Mask *mask, int format, bytes value) except -1:
    """What a value becomes that the kernel cannot take; the caller keeps it alive."""
    mask.constants[format].length = -1 if value is None else len(value)
    mask.constants[format].data = NULL if value is None else <const unsigned char *> <const char *> value
    return 0


cdef int set_keyed(Mask *mask, str name, bytes key) except -1:
    """The key, where the kernel takes one."""
    if name in UNKEYED:
        return 0
    if key is None or len(key) not in (16, 32):
        raise ValueError("this kernel needs a key of 16 or 32 bytes")
    set_key(&mask.key, key, <int> len(key), has_hardware())
    return 0


cdef int set_text(Mask *mask, kernel) except -1:
    """The settings of the text kernels."""
    cdef bytes fill = kernel.fill
    if not (13 if kernel.name.startswith("email") else 1) <= kernel.limit <= LONGEST:
        raise ValueError("limit: too short")
    if not (0 <= kernel.first <= LONGEST and 0 <= kernel.last <= LONGEST and 0 <= kernel.pad <= LONGEST):
        raise ValueError("first, last, pad: out of range")
    if kernel.base not in (16, 32) or not 0 <= kernel.size <= (32 if kernel.base == 16 else 26):
        raise ValueError("a digest has at most 32 characters in base 16, 26 in base 32")
    if not 1 <= len(fill) <= 4 or len(fill.decode()) != 1:
        raise ValueError("fill: one character")
    mask.limit, mask.pad, mask.blank = kernel.limit, kernel.pad, kernel.blank
    mask.first, mask.last = kernel.first, kernel.last
    mask.size, mask.base = kernel.size, kernel.base
    mask.fill_size = <int> len(fill)
    memcpy(mask.fill, <const char *> fill, len(fill))
    return 0


cdef int set_number(Mask *mask, kernel) except -1:
    """The settings of the number kernels."""
    if kernel.width not in (0, 2, 4, 6, 8) or not 0 <= kernel.precision <= 1000 or not -1000 <= kernel.scale <= 1000:
        raise ValueError("width, precision or scale is none of PostgreSQL's")
    mask.width, mask.precision, mask.scale = kernel.width, kernel.precision, kernel.scale
    return 0


cdef class ColumnMask:
    """How one column's values are masked. kernel: its name and settings (proxy.masking.plan). constants: what a value
    becomes that the kernel cannot take, as text and in binary; None is NULL. key: 16 or 32 bytes, for keyed kernels.
    Raises ValueError: no such kernel, no key, no element for an array, settings out of their range."""

    def __cinit__(self, str method not None, kernel not None, tuple constants not None, bytes key=None, ColumnMask element=None):
        cdef int number, format
        if kernel.name not in NUMBERS:
            raise ValueError(f"there is no kernel {kernel.name}")
        if len(constants) != 2:
            raise ValueError("constants: one for text, one for binary")
        if kernel.name == "array" and element is None:
            raise ValueError("an array needs the mask of its element")
        self.method, self._held = method, (constants, element)
        number = NUMBERS[kernel.name]
        for format in range(2):
            self.mask.kernels[format] = TABLE[number][format]
            set_constant(&self.mask, format, constants[format])
        if element is not None:
            self.mask.element, self.mask.element_oid = &element.mask, kernel.element_oid
        set_keyed(&self.mask, kernel.name, key)
        set_text(&self.mask, kernel)
        set_number(&self.mask, kernel)

    def hide_null(self):
        """From now on NULL becomes the constant too: whether a derived value is NULL tells of what it hides."""
        self.mask.hides_null = True

    def __dealloc__(self):
        memset(&self.mask, 0, sizeof(Mask))

    def __repr__(self) -> str:
        return f"ColumnMask({self.method!r})"


def kernels() -> tuple[str, ...]:
    """The names of all kernels."""
    return tuple(NUMBERS)
