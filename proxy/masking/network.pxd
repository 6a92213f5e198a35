from proxy.masking.cell cimport Mask, Out

cdef int inet_text(const Mask *mask, const unsigned char *value, Py_ssize_t length, Out *out) noexcept nogil
cdef int cidr_text(const Mask *mask, const unsigned char *value, Py_ssize_t length, Out *out) noexcept nogil
cdef int inet_binary(const Mask *mask, const unsigned char *value, Py_ssize_t length, Out *out) noexcept nogil
