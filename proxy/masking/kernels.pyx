# cython: language_level=3, boundscheck=False, wraparound=False, autotestdict=False, auto_pickle=False
"""The one table of kernels, and the mask of a column that is made from it."""

from proxy.masking.cell cimport UNFIT, Mask, Out


cdef int constant(const Mask *mask, const unsigned char *value, Py_ssize_t length, Out *out) noexcept nogil:
    """Takes no value: each becomes the constant of the mask, or NULL where it has none."""
    return UNFIT


cdef class ColumnMask:
    """How one column's values are masked. constants: what a value becomes that the kernel cannot take, as text and in
    binary; None is NULL. Raises ValueError: an unknown kernel."""

    def __cinit__(self, str method not None, str kernel not None, tuple constants not None):
        cdef bytes value
        cdef int format
        if kernel != "constant":
            raise ValueError(f"there is no kernel {kernel}")
        if len(constants) != 2:
            raise ValueError("constants: one for text, one for binary")
        self.method, self._held = method, constants
        for format in range(2):
            value = constants[format]
            self.mask.kernels[format] = constant
            self.mask.constants[format].length = -1 if value is None else len(value)
            self.mask.constants[format].data = NULL if value is None else <const unsigned char *> <const char *> value

    def __repr__(self) -> str:
        return f"ColumnMask({self.method!r})"
