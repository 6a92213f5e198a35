from proxy.lane.state cimport Ruling, Sess

cdef void ask(Sess *s, int event, const unsigned char *payload, Py_ssize_t size, const unsigned char *statement, Py_ssize_t statement_size) noexcept nogil
cdef void tapped(Sess *s) noexcept nogil
cdef int scrub(Sess *s, int kind, Ruling *ruling, unsigned long long serial, const unsigned char *frame, Py_ssize_t size) noexcept nogil
cdef Ruling *convict(Sess *s, Ruling *ruling, const unsigned char *payload, Py_ssize_t size) noexcept nogil
cdef void completed(Sess *s, Ruling *ruling, const unsigned char *tag, Py_ssize_t size) noexcept nogil
cdef int parameter(Sess *s, const unsigned char *payload, Py_ssize_t size, int doubtful) noexcept nogil
