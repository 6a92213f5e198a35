from proxy.lane.state cimport Sess

cdef int on_bind(Sess *s, const unsigned char *frame, Py_ssize_t size, Py_ssize_t ahead) noexcept nogil
