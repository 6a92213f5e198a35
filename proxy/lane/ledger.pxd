from proxy.lane.state cimport Name, Owed, Sess

cdef unsigned int owed_count(Sess *s) noexcept nogil
cdef Owed *due(Sess *s) noexcept nogil
cdef Owed *last_owed(Sess *s) noexcept nogil
cdef Owed *owe(Sess *s, int kind, int fate) noexcept nogil
cdef void paid(Sess *s) noexcept nogil
cdef void skip_to_sync(Sess *s) noexcept nogil
cdef void forget_doubtful(Sess *s) noexcept nogil
cdef int all_doubtful(Sess *s) noexcept nogil
cdef int shift_doubt(Sess *s) noexcept nogil
cdef void free_session(Sess *s) noexcept nogil
cdef void not_running(Sess *s, Owed *owed) noexcept nogil
cdef int in_doubt(Sess *s, Name *name) noexcept nogil
