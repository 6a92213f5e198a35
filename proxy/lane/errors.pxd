from proxy.lane.state cimport Owed, Sess

cdef int on_error(Sess *s, Owed *owed, const unsigned char *frame, Py_ssize_t size) noexcept nogil
cdef int doubt_early_syncs(Sess *s, Owed *owed) noexcept nogil
cdef int doubt_the_last(Sess *s, unsigned int first) noexcept nogil
cdef int tap(Sess *s, const unsigned char *frame, Py_ssize_t size) noexcept nogil
cdef int drained(Sess *s) noexcept nogil
