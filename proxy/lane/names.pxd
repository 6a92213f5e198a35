from proxy.lane.state cimport Name, Names

cdef Name *find(Names *names, const unsigned char *text, Py_ssize_t size) noexcept nogil
cdef Name *intern(Names *names, const unsigned char *text, Py_ssize_t size) noexcept nogil
cdef void tidy(Names *names, Name *name) noexcept nogil
cdef void forget(Names *names, int portals) noexcept nogil
cdef void forget_statements(Names *names) noexcept nogil
cdef void release_names(Names *names, int portals) noexcept nogil
cdef void forget_portals(Names *names) noexcept nogil
