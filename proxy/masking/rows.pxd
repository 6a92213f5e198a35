# Masks for whole rows, for C callers: the lane holds a Plan per verdict.
from proxy.masking.cell cimport Mask, Out

cdef struct Plan:
    int columns
    const Mask **masks        # one a column; NULL where it passes

cdef class RowMask:
    cdef Plan *plan
    cdef readonly int columns
    cdef readonly int masked  # how many columns have a mask
    cdef Plan _plan
    cdef tuple _owners        # the ColumnMasks that the plan points into

cdef int mask_row(const Plan *plan, const unsigned char *formats, const unsigned char *row, Py_ssize_t length, Out *out) noexcept nogil
cdef int mask_value(const Plan *plan, int column, int format, const unsigned char *value, int length, Out *out) noexcept nogil
