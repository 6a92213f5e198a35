from proxy.masking.cell cimport Mask, Out

cdef int integer_text(const Mask *mask, const unsigned char *value, Py_ssize_t length, Out *out) noexcept nogil
cdef int integer_binary(const Mask *mask, const unsigned char *value, Py_ssize_t length, Out *out) noexcept nogil
cdef int money_text(const Mask *mask, const unsigned char *value, Py_ssize_t length, Out *out) noexcept nogil
cdef int money_binary(const Mask *mask, const unsigned char *value, Py_ssize_t length, Out *out) noexcept nogil
