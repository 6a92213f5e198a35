from proxy.lane.state cimport Sess

cdef int from_client(Sess *s, const unsigned char *data, Py_ssize_t size) noexcept nogil
cdef int from_server(Sess *s, const unsigned char *data, Py_ssize_t size) noexcept nogil
cdef int go_on(Sess *s) noexcept nogil
cdef int abandon(Sess *s) noexcept nogil
