from proxy.lane.state cimport Ruling, Sess

cdef int refuse_batch(Sess *s, Ruling *ruling) noexcept nogil
cdef int refuse_whole(Sess *s, Ruling *ruling) noexcept nogil
cdef int refuse_parse(Sess *s, Ruling *ruling, const unsigned char *name, Py_ssize_t name_size) noexcept nogil
cdef int refuse_large(Sess *s, int event, Py_ssize_t whole) noexcept nogil
