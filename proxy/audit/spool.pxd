from proxy.audit.execution cimport Execution, Value

cdef class Spool:
    cdef long long _appended
    cdef readonly int wake_fd

cdef long long append_execution(Spool spool, const Execution *execution, const Value *values, int count) noexcept nogil
cdef long long durable_position(Spool spool) noexcept nogil
