from proxy.masking.cell cimport Mask, Out

cdef int definition_text(const Mask *mask, const unsigned char *value, Py_ssize_t length, Out *out) noexcept nogil
cdef int known_text(const Mask *mask, const unsigned char *value, Py_ssize_t length, Out *out) noexcept nogil
