from proxy.masking.cell cimport Out
from proxy.masking.copying cimport CopyPlan, CopyState

cdef int is_null(const CopyPlan *plan, const unsigned char *raw, Py_ssize_t size) noexcept nogil
cdef Py_ssize_t past_text(const CopyPlan *plan, const unsigned char *data, Py_ssize_t at, Py_ssize_t end) noexcept nogil
cdef Py_ssize_t text_field(const CopyPlan *plan, CopyState *state, const unsigned char *data, Py_ssize_t at, Py_ssize_t end) noexcept nogil
cdef Py_ssize_t csv_field(const CopyPlan *plan, CopyState *state, const unsigned char *data, Py_ssize_t at, Py_ssize_t end) noexcept nogil
cdef int put_text(const CopyPlan *plan, const unsigned char *value, Py_ssize_t size, Out *out) noexcept nogil
cdef int put_csv(const CopyPlan *plan, const unsigned char *value, Py_ssize_t size, Out *out) noexcept nogil
