# An execution on its way: as the lane says it (Execution, Value), as it waits in memory (an item), and as the payload
# of an entry:
#
#   byte 0: part (2 bits), outcome (3 bits), values_as (2 bits), has an SQLSTATE (1 bit); byte 1: transaction status
#   numbers: session, statement, serial; signed numbers: started_us, duration_us, rows, size_bytes
#   the SQLSTATE, 5 bytes, where there is one; numbers: values stored, values left out
#   for each value a byte: kind (2 bits), form (2 bits); NULL: no more; CLEAR: number of bytes, bytes;
#   CUT: number of all bytes, number stored, bytes; DIGEST: 16 bytes

from proxy.audit.blake2b cimport Keyed
from proxy.audit.execution cimport Execution, Value

cdef enum:
    VALUES_NONE = 0
    VALUES_CLEAR = 1
    VALUES_DIGEST = 2

cdef enum:
    FORM_NULL = 0
    FORM_CLEAR = 1
    FORM_CUT = 2
    FORM_DIGEST = 3
    FORM_RAW = 4                  # in memory alone: the writer makes a digest of it

cdef enum:
    DIGEST_BYTES = 16
    RAW_BYTES = 4096              # a longer value is digested when it comes, so that memory stays bounded

cdef struct Item:                 # every item begins so; size: of the whole, a multiple of 8
    unsigned int size
    unsigned int kind

cdef struct ExecutionItem:
    Item item
    Execution execution
    int stored
    int omitted

cdef struct StoredValue:          # its bytes follow, padded to 4
    int length
    int full
    int kind
    int form

cdef struct ValueLimits:
    int value_bytes               # of one value in clear
    Py_ssize_t values_bytes       # of all values of an execution; what comes behind is left out and counted

cdef Py_ssize_t plan_item(
    const Execution *execution, const Value *values, int count, const ValueLimits *limits, int *stored
) noexcept nogil
cdef void fill_item(
    unsigned char *at, Py_ssize_t size, const Execution *execution, const Value *values, int stored, int count,
    const ValueLimits *limits, const Keyed *digests
) noexcept nogil
cdef Py_ssize_t payload_bound(const Item *item) noexcept nogil
cdef Py_ssize_t put_execution(unsigned char *at, const ExecutionItem *item, const Keyed *digests) noexcept nogil
cdef int take_execution(dict fields, Execution *execution) except -1
cdef bytearray take_values(object values)
