from proxy.masking.cell cimport Mask, Out

cdef int numeric_text(const Mask *mask, const unsigned char *value, Py_ssize_t length, Out *out) noexcept nogil
cdef int numeric_binary(const Mask *mask, const unsigned char *value, Py_ssize_t length, Out *out) noexcept nogil
