from proxy.masking.cell cimport Mask, Out

cdef int array_text(const Mask *mask, const unsigned char *value, Py_ssize_t length, Out *out) noexcept nogil
cdef int array_binary(const Mask *mask, const unsigned char *value, Py_ssize_t length, Out *out) noexcept nogil
