from proxy.lane.state cimport Owed, Ruling, Sess

cdef void begin_output(Sess *s, Owed *owed) noexcept nogil
cdef int record_end(Sess *s, Owed *owed, int outcome, const unsigned char *sqlstate) noexcept nogil
cdef int record_refusal(Sess *s, Ruling *ruling) noexcept nogil
cdef int record_opening(Sess *s, Owed *owed) noexcept nogil
cdef int lost(Sess *s) noexcept nogil
cdef void settle(Sess *s) noexcept nogil
cdef long long sendable(Sess *s) noexcept nogil
