from proxy.masking.cell cimport Mask, Out

cdef int bytea_text(const Mask *mask, const unsigned char *value, Py_ssize_t length, Out *out) noexcept nogil
cdef int bytea_binary(const Mask *mask, const unsigned char *value, Py_ssize_t length, Out *out) noexcept nogil
cdef int uuid_text(const Mask *mask, const unsigned char *value, Py_ssize_t length, Out *out) noexcept nogil
cdef int uuid_binary(const Mask *mask, const unsigned char *value, Py_ssize_t length, Out *out) noexcept nogil
cdef int macaddr_text(const Mask *mask, const unsigned char *value, Py_ssize_t length, Out *out) noexcept nogil
cdef int macaddr_binary(const Mask *mask, const unsigned char *value, Py_ssize_t length, Out *out) noexcept nogil
