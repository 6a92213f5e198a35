from proxy.masking.cell cimport Out
from proxy.masking.copying cimport CopyPlan, CopyState

cdef int binary_header(CopyState *state, const unsigned char *data, Py_ssize_t *taken, Out *out) noexcept nogil
cdef int binary_row(const CopyPlan *plan, CopyState *state, const unsigned char *data, Py_ssize_t *taken, Out *out) noexcept nogil
