cdef unsigned int checksum(unsigned int before, const unsigned char *data, Py_ssize_t length) noexcept nogil
