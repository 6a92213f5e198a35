from proxy.lane.state cimport Sess

cdef Py_ssize_t client_frames(Sess *s, const unsigned char *data, Py_ssize_t size) noexcept nogil
