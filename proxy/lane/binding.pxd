from proxy.lane.state cimport Bound, Sess

cdef int on_bind(Sess *s, const unsigned char *frame, Py_ssize_t size, Py_ssize_t ahead) noexcept nogil
cdef int describe_ourselves(Sess *s, Bound *bound, const unsigned char *name, Py_ssize_t name_size) noexcept nogil
