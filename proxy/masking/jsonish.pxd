from proxy.masking.cell cimport Mask, Out

cdef int json_text(const Mask *mask, const unsigned char *value, Py_ssize_t length, Out *out) noexcept nogil
cdef int jsonb_binary(const Mask *mask, const unsigned char *value, Py_ssize_t length, Out *out) noexcept nogil
cdef const unsigned char *string_end(const unsigned char *at, const unsigned char *end, int *escapes) noexcept nogil
cdef const unsigned char *unescape(const unsigned char *at, const unsigned char *end, unsigned char *to, int *size) noexcept nogil
