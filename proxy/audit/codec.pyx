# cython: language_level=3, boundscheck=False, wraparound=False, autotestdict=False, auto_pickle=False
"""Executions to items in memory, and to the payloads of entries and back. The layouts are in `codec.pxd`."""

from libc.string cimport memcpy, memset

from proxy.audit.blake2b cimport Keyed, hash_key
from proxy.audit.digest cimport digest_value
from proxy.audit.frame cimport KIND_EXECUTION
from proxy.audit.integers cimport get_number, get_signed, put_number, put_signed


cdef enum:
    LONGEST_HEAD = 96             # all of a payload before its values


cdef inline Py_ssize_t _padded(Py_ssize_t length) noexcept nogil:
    return (length + 3) & ~<Py_ssize_t>3


cdef inline int _form(const Value *value, int values_as, const ValueLimits *limits, int *length) noexcept nogil:
    """How a value waits in memory, and its length there."""
    if value.length < 0:
        length[0] = 0
        return FORM_NULL
    if values_as != VALUES_CLEAR:  # what is not said to be clear is not
        length[0] = value.length if value.length <= RAW_BYTES else DIGEST_BYTES
        return FORM_RAW if value.length <= RAW_BYTES else FORM_DIGEST
    length[0] = value.length if value.length <= limits.value_bytes else limits.value_bytes
    return FORM_CLEAR if value.length <= limits.value_bytes else FORM_CUT


cdef Py_ssize_t plan_item(
    const Execution *execution, const Value *values, int count, const ValueLimits *limits, int *stored
) noexcept nogil:
    """Size of the item in bytes, a multiple of 8, and how many of the values it stores."""
    cdef Py_ssize_t total = 0, need
    cdef int length = 0
    stored[0] = 0
    if execution.values_as == VALUES_NONE:
        count = 0
    while stored[0] < count:
        _form(&values[stored[0]], execution.values_as, limits, &length)
        need = <Py_ssize_t>sizeof(StoredValue) + _padded(length)
        if total + need > limits.values_bytes:
            break
        total += need
        stored[0] += 1
    return (<Py_ssize_t>sizeof(ExecutionItem) + total + 7) & ~<Py_ssize_t>7


cdef void fill_item(
    unsigned char *at, Py_ssize_t size, const Execution *execution, const Value *values, int stored, int count,
    const ValueLimits *limits, const Keyed *digests
) noexcept nogil:
    """Writes the item that plan_item measured; at is aligned to 8. digests: for values too long to wait."""
    cdef ExecutionItem *item = <ExecutionItem *>at
    cdef StoredValue *head
    cdef int index
    item.item.size = <unsigned int>size
    item.item.kind = KIND_EXECUTION
    item.execution = execution[0]
    item.stored = stored
    item.omitted = 0 if execution.values_as == VALUES_NONE else count - stored
    at += sizeof(ExecutionItem)
    for index in range(stored):
        head = <StoredValue *>at
        head.full = values[index].length
        head.kind = values[index].kind
        head.form = _form(&values[index], execution.values_as, limits, &head.length)
        at += sizeof(StoredValue)
        if head.form == FORM_DIGEST:
            digest_value(digests, head.kind, values[index].data, head.full, at)
        elif head.length > 0:
            memcpy(at, values[index].data, head.length)
        at += _padded(head.length)


cdef Py_ssize_t payload_bound(const Item *item) noexcept nogil:
    """More bytes than put_execution can write for it."""
    return 2 * <Py_ssize_t>item.size + LONGEST_HEAD


cdef Py_ssize_t put_execution(unsigned char *start, const ExecutionItem *item, const Keyed *digests) noexcept nogil:
    """Writes the payload of an entry; its length."""
    cdef const Execution *execution = &item.execution
    cdef const unsigned char *from_ = <const unsigned char *>item + sizeof(ExecutionItem)
    cdef const StoredValue *value
    cdef unsigned char *at = start + 2
    cdef int index, failed = execution.sqlstate[0] != 0
    start[0] = <unsigned char>(
        (execution.part & 3) | ((execution.outcome & 7) << 2) | ((execution.values_as & 3) << 5) | (failed << 7)
    )
    start[1] = <unsigned char>execution.transaction
    at = put_number(at, execution.session)
    at = put_number(at, execution.statement)
    at = put_number(at, execution.serial)
    at = put_signed(at, execution.started_us)
    at = put_signed(at, execution.duration_us)
    at = put_signed(at, execution.rows)
    at = put_signed(at, execution.size_bytes)
    if failed:
        memcpy(at, execution.sqlstate, 5)
        at += 5
    at = put_number(at, item.stored)
    at = put_number(at, item.omitted)
    for index in range(item.stored):
        value = <const StoredValue *>from_
        from_ += sizeof(StoredValue)
        at = _put_value(at, value, from_, digests)
        from_ += _padded(value.length)
    return at - start


cdef unsigned char *_put_value(
    unsigned char *at, const StoredValue *value, const unsigned char *data, const Keyed *digests
) noexcept nogil:
    cdef int form = FORM_DIGEST if value.form == FORM_RAW else value.form
    at[0] = <unsigned char>((value.kind & 3) | (form << 2))
    at += 1
    if value.form == FORM_RAW:
        digest_value(digests, value.kind, data, value.length, at)
        return at + DIGEST_BYTES
    if form == FORM_CUT:
        at = put_number(at, value.full)
    if form == FORM_CUT or form == FORM_CLEAR:
        at = put_number(at, value.length)
    memcpy(at, data, value.length)
    return at + value.length


def decode(bytes data not None, Py_ssize_t start, Py_ssize_t end):
    """The execution whose payload is data[start:end], as (part, outcome, values_as, transaction, session, statement,
    serial, started_us, duration_us, rows, size_bytes, sqlstate, values, omitted); a value is (kind, form, bytes, length).
    Raises ValueError: it is no such payload."""
    cdef const unsigned char *at = <const unsigned char *>data + start
    cdef const unsigned char *stop = <const unsigned char *>data + end
    cdef unsigned long long session = 0, statement = 0, serial = 0, stored = 0, omitted = 0
    cdef long long started = 0, duration = 0, rows = 0, size = 0
    cdef int flags, transaction
    cdef object sqlstate = None
    cdef list values = []
    if not 0 <= start <= end <= len(data) or end - start < 2:
        raise ValueError("not an execution")
    flags, transaction = at[0], at[1]
    at = get_number(at + 2, stop, &session)
    at = get_number(at, stop, &statement) if at != NULL else NULL
    at = get_number(at, stop, &serial) if at != NULL else NULL
    at = get_signed(at, stop, &started) if at != NULL else NULL
    at = get_signed(at, stop, &duration) if at != NULL else NULL
    at = get_signed(at, stop, &rows) if at != NULL else NULL
    at = get_signed(at, stop, &size) if at != NULL else NULL
    if at != NULL and flags & 128:
        if stop - at < 5:
            raise ValueError("not an execution")
        sqlstate = at[:5].decode("latin-1")
        at += 5
    at = get_number(at, stop, &stored) if at != NULL else NULL
    at = get_number(at, stop, &omitted) if at != NULL else NULL
    while at != NULL and stored > 0:
        at = _value(at, stop, values)
        stored -= 1
    if at != stop:
        raise ValueError("not an execution")
    return (
        flags & 3, (flags >> 2) & 7, (flags >> 5) & 3, chr(transaction), session, statement, serial, started, duration,
        rows, size, sqlstate, values, omitted,
    )


cdef const unsigned char *_value(const unsigned char *at, const unsigned char *stop, list values) except? NULL:
    """Reads one value into values; the place behind it, NULL where it is cut."""
    cdef unsigned long long full = 0, length = 0
    cdef int tag, form
    if at >= stop:
        return NULL
    tag = at[0]
    form = (tag >> 2) & 3
    at += 1
    if form == FORM_NULL:
        values.append((tag & 3, form, None, 0))
        return at
    if form == FORM_DIGEST:
        length = DIGEST_BYTES
    else:
        at = get_number(at, stop, &full) if form == FORM_CUT else at
        at = get_number(at, stop, &length) if at != NULL else NULL
    if at == NULL or length > <unsigned long long>(stop - at):
        return NULL
    values.append((tag & 3, form, at[:length], full if form == FORM_CUT else length))
    return at + length


cdef int take_execution(dict fields, Execution *execution) except -1:
    """An Execution from its fields by name; what is missing is 0. Raises TypeError: a name that it has not."""
    cdef dict left = dict(fields)
    cdef bytes sqlstate = left.pop("sqlstate", b"")
    memset(execution, 0, sizeof(Execution))
    execution.started_us = left.pop("started_us", 0)
    execution.duration_us = left.pop("duration_us", 0)
    execution.rows = left.pop("rows", 0)
    execution.size_bytes = left.pop("size_bytes", 0)
    execution.serial = left.pop("serial", 0)
    execution.session = left.pop("session", 0)
    execution.statement = left.pop("statement", 0)
    execution.part = left.pop("part", 0)
    execution.outcome = left.pop("outcome", 0)
    execution.values_as = left.pop("values_as", 0)
    execution.transaction = ord(left.pop("transaction", "I"))
    if left or len(sqlstate) not in (0, 5):
        raise TypeError(f"an execution has no {sorted(left)}" if left else "sqlstate: 5 bytes")
    memcpy(execution.sqlstate, <const unsigned char *>sqlstate, len(sqlstate))
    return 0


cdef bytearray take_values(object values):
    """An array of Value that points into the bytes of values, pairs of (bytes or None, kind), which must outlive it."""
    cdef bytearray array = bytearray(len(values) * sizeof(Value))
    cdef Value *value = <Value *><unsigned char *>array
    cdef bytes data
    for data, kind in values:
        value.data, value.length, value.kind = NULL, -1, kind
        if data is not None:
            value.data, value.length = data, <int>len(data)
        value += 1
    return array


cdef class Coder:
    """The way of an execution through memory into an entry, for Python callers. key: of digests, 32 bytes."""

    cdef Keyed _digests
    cdef ValueLimits _limits

    def __cinit__(self, bytes key not None, int value_bytes, Py_ssize_t values_bytes):
        if len(key) != 32 or value_bytes < 0 or values_bytes < 0:
            raise ValueError("key: 32 bytes; sizes: from 0 on")
        hash_key(&self._digests, key, 32, DIGEST_BYTES)
        self._limits.value_bytes, self._limits.values_bytes = value_bytes, values_bytes

    def encode(self, values=(), **fields) -> bytes:
        """The payload. values: pairs of (bytes or None, kind). Raises TypeError: an unknown field."""
        cdef Execution execution
        cdef int stored = 0, count = len(values)
        cdef bytearray array = take_values(values), item, payload
        cdef const Value *first = <const Value *><unsigned char *>array
        take_execution(fields, &execution)
        item = bytearray(plan_item(&execution, first, count, &self._limits, &stored))
        fill_item(item, len(item), &execution, first, stored, count, &self._limits, &self._digests)
        payload = bytearray(payload_bound(<Item *><unsigned char *>item))
        length = put_execution(payload, <ExecutionItem *><unsigned char *>item, &self._digests)
        return bytes(payload[:length])
