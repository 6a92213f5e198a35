# cython: language_level=3, boundscheck=False, wraparound=False, autotestdict=False, auto_pickle=False
"""Keyed digests of values: equal values stay comparable, whether they came as a literal or as a parameter in text.

A literal is digested by what it means where that is plain ('it''s', $$it's$$, E'it''s' without a backslash), and else as
it is written. Source: manual, "Lexical Structure", 4.1.2.
"""

from libc.string cimport memchr, memcmp

from proxy.audit.blake2b cimport Hash, hash_finish, hash_key, hash_start, hash_update


cdef enum:
    KIND_LITERAL = 0
    KIND_BINARY = 2


cdef void digest_value(
    const Keyed *keyed, int kind, const unsigned char *data, Py_ssize_t length, unsigned char *out
) noexcept nogil:
    """Writes keyed.size bytes. kind: of Value. A binary parameter has digests of its own: its type is not known."""
    cdef Hash hash
    cdef unsigned char domain = 1 if kind == KIND_BINARY else 0
    hash_start(&hash, keyed)
    hash_update(&hash, &domain, 1)
    if kind == KIND_LITERAL:
        _literal(&hash, data, length)
    else:
        hash_update(&hash, data, length)
    hash_finish(&hash, out)


cdef void _literal(Hash *hash, const unsigned char *data, Py_ssize_t length) noexcept nogil:
    cdef Py_ssize_t tag = 1
    if length >= 2 and data[0] == 39 and data[length - 1] == 39:  # '…'
        _quoted(hash, data + 1, length - 2)
    elif length >= 3 and (data[0] | 32) == 101 and data[1] == 39 and data[length - 1] == 39 \
            and memchr(data, 92, length) == NULL:  # e'…' without a backslash
        _quoted(hash, data + 2, length - 3)
    elif length >= 4 and data[0] == 36:  # $…$
        while tag < length and data[tag] != 36:
            tag += 1
        tag += 1
        if length >= 2 * tag and memcmp(data, data + length - tag, tag) == 0:
            hash_update(hash, data + tag, length - 2 * tag)
        else:
            hash_update(hash, data, length)
    else:
        hash_update(hash, data, length)


cdef void _quoted(Hash *hash, const unsigned char *data, Py_ssize_t length) noexcept nogil:
    """Each '' is one '."""
    cdef const unsigned char *quote
    cdef Py_ssize_t step
    while length > 0:
        quote = <const unsigned char *>memchr(data, 39, length)
        if quote == NULL:
            hash_update(hash, data, length)
            return
        step = quote - data + 1
        hash_update(hash, data, step)
        if step < length and data[step] == 39:
            step += 1
        data += step
        length -= step


cdef class Digester:
    """Digests for Python callers. key: 32 bytes."""

    cdef Keyed _keyed

    def __cinit__(self, bytes key not None):
        if len(key) != 32:
            raise ValueError("key: 32 bytes")
        hash_key(&self._keyed, key, 32, 16)

    def digest(self, bytes value not None, int kind) -> bytes:
        """16 bytes. kind: 0 literal as written, 1 parameter in text, 2 parameter in binary. Raises ValueError."""
        cdef unsigned char out[16]
        if not 0 <= kind <= 2:
            raise ValueError("kind: 0 to 2")
        digest_value(&self._keyed, kind, value, len(value), out)
        return out[:16]
