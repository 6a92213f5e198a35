from proxy.masking.cell cimport Mask, Out

cdef enum:
    TOKEN = 16  # characters of a keyed text: 80 bits

cdef void put_base32(unsigned char *at, const unsigned char *tag, int count) noexcept nogil
cdef int keyed_text(const Mask *mask, const unsigned char *value, Py_ssize_t length, Out *out) noexcept nogil
cdef int hash_text(const Mask *mask, const unsigned char *value, Py_ssize_t length, Out *out) noexcept nogil
cdef int email_text(const Mask *mask, const unsigned char *value, Py_ssize_t length, Out *out) noexcept nogil
cdef int email_in_domain(const Mask *mask, const unsigned char *value, Py_ssize_t length, Out *out) noexcept nogil
cdef int partial_text(const Mask *mask, const unsigned char *value, Py_ssize_t length, Out *out) noexcept nogil
cdef int keyed_letter(const Mask *mask, const unsigned char *value, Py_ssize_t length, Out *out) noexcept nogil
