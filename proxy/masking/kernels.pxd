from proxy.masking.cell cimport Mask

cdef class ColumnMask:
    cdef Mask mask
    cdef readonly str method  # the method's name in the rules, for the record
    cdef tuple _held          # what the mask points into
