from proxy.masking.cell cimport Mask, Out

cdef struct Edge:                # a key that leads from one node to another; node 0 is the whole document
    const unsigned char *key     # in UTF-8, not escaped
    Py_ssize_t size
    int source, target

cdef struct Rule:                # what becomes of a part, by its kind; a text in JSON where it is a constant
    const Mask *text             # of a string's content
    const Mask *number
    const unsigned char *boolean
    Py_ssize_t boolean_size
    const unsigned char *object
    Py_ssize_t object_size

cdef struct Parts:
    const Edge *edges            # (edge_count,)
    int edge_count
    const Rule **rules           # by node; NULL where the node is above a part
    int ascii                    # whether only documents in ASCII can be read

cdef int document_text(const Mask *mask, const unsigned char *value, Py_ssize_t length, Out *out) noexcept nogil
cdef int document_binary(const Mask *mask, const unsigned char *value, Py_ssize_t length, Out *out) noexcept nogil
cdef int scalar_text(const Mask *mask, const unsigned char *value, Py_ssize_t length, Out *out) noexcept nogil
