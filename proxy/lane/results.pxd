from proxy.lane.state cimport Owed, Sess

cdef int describe_result(Sess *s, Owed *owed, const unsigned char *payload, Py_ssize_t size) noexcept nogil
cdef int count_rows(const unsigned char *tag, Py_ssize_t size, long long *rows) noexcept nogil
cdef int sqlstate_of(const unsigned char *payload, Py_ssize_t size, unsigned char *sqlstate) noexcept nogil
