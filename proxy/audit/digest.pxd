from proxy.audit.blake2b cimport Keyed

cdef void digest_value(
    const Keyed *keyed, int kind, const unsigned char *data, Py_ssize_t length, unsigned char *out
) noexcept nogil
