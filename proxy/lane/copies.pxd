from proxy.lane.state cimport Owed, Sess

cdef int on_copy(Sess *s, Owed *owed, int step, const unsigned char *frame, Py_ssize_t size) noexcept nogil
cdef int on_copy_row(Sess *s, Owed *owed, const unsigned char *frame, Py_ssize_t size) noexcept nogil
cdef int copy_ends(Sess *s, Owed *owed) noexcept nogil
