from proxy.lane.state cimport Ruling
from proxy.masking.copying cimport CopyMask
from proxy.masking.rows cimport RowMask

cdef class Verdict:
    cdef Ruling ruling
    cdef readonly RowMask mask
    cdef readonly CopyMask copy
    cdef readonly object decision
    cdef bytes error
    cdef bytes covered
    cdef readonly tuple commands
    cdef int chain(self) except -1
