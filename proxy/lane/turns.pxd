from proxy.lane.state cimport Name, Ruling, Sess

cdef unsigned int be32(const unsigned char *at) noexcept nogil
cdef unsigned int be16(const unsigned char *at) noexcept nogil
cdef Py_ssize_t text_end(const unsigned char *data, Py_ssize_t at, Py_ssize_t size) noexcept nogil
cdef int end_session(Sess *s, const char *reason) noexcept nogil
cdef int step_phase(Sess *s, int event) noexcept nogil
cdef int flush_server(Sess *s) noexcept nogil
cdef int moment_has_passed(Sess *s) noexcept nogil
cdef int hold_for_python(Sess *s, int event, const unsigned char *payload, Py_ssize_t size, const unsigned char *statement, Py_ssize_t statement_size) noexcept nogil
cdef Ruling *take_answer(Sess *s) noexcept nogil
cdef void raise_barrier(Sess *s, Ruling *ruling) noexcept nogil
cdef int hangs_on_an_answer(Sess *s, Name *name) noexcept nogil
