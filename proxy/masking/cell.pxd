# One value: where it goes, how it is masked, and what is done where it cannot be. For the kernels of this room.
from libc.stdlib cimport realloc
from libc.string cimport memcpy

from proxy.masking.aes cimport Cmac, digest

cdef extern from *:
    """
    #include <string.h>
    #if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    #define PGWARDEN_SWAP(bits, number) __builtin_bswap##bits(number)
    #else
    #define PGWARDEN_SWAP(bits, number) (number)
    #endif
    static inline unsigned long long pgwarden_be64(const unsigned char *at) {
        unsigned long long number; memcpy(&number, at, 8); return PGWARDEN_SWAP(64, number); }
    static inline unsigned int pgwarden_be32(const unsigned char *at) {
        unsigned int number; memcpy(&number, at, 4); return PGWARDEN_SWAP(32, number); }
    static inline unsigned int pgwarden_be16(const unsigned char *at) { return (unsigned int) at[0] << 8 | at[1]; }
    static inline void pgwarden_put64(unsigned char *at, unsigned long long number) {
        number = PGWARDEN_SWAP(64, number); memcpy(at, &number, 8); }
    static inline void pgwarden_put32(unsigned char *at, unsigned int number) {
        number = PGWARDEN_SWAP(32, number); memcpy(at, &number, 4); }
    static inline void pgwarden_put16(unsigned char *at, unsigned int number) {
        at[0] = (unsigned char) (number >> 8); at[1] = (unsigned char) number; }
    """
    unsigned long long be64 "pgwarden_be64"(const unsigned char *at) noexcept nogil
    unsigned int be32 "pgwarden_be32"(const unsigned char *at) noexcept nogil
    unsigned int be16 "pgwarden_be16"(const unsigned char *at) noexcept nogil
    void put64 "pgwarden_put64"(unsigned char *at, unsigned long long number) noexcept nogil
    void put32 "pgwarden_put32"(unsigned char *at, unsigned int number) noexcept nogil
    void put16 "pgwarden_put16"(unsigned char *at, unsigned int number) noexcept nogil

cdef enum:
    APPENDED = 0   # the masked value stands at the end of Out
    IS_NULL = 1    # the masked value is NULL
    NO_MEMORY = 2
    UNFIT = 3      # the kernel cannot take this value: the typed constant stands in for it

cdef struct Out:
    unsigned char *data
    Py_ssize_t used
    Py_ssize_t size

cdef struct Mask

ctypedef int (*Kernel)(const Mask *mask, const unsigned char *value, Py_ssize_t length, Out *out) noexcept nogil

cdef struct Constant:
    const unsigned char *data
    Py_ssize_t length         # -1: NULL

cdef struct Mask:
    Kernel kernels[2]         # by format: 0 text, 1 binary
    Constant constants[2]     # what UNFIT becomes, by format
    const Mask *element       # of an array
    unsigned int element_oid
    Cmac key
    int limit                 # characters that a text may have; what is longer is cut
    int pad                   # characters of a bpchar; 0 elsewhere
    int blank                 # trailing spaces mean nothing, as in bpchar
    int first, last           # characters kept
    int size                  # characters of a digest
    int base                  # of a digest's characters: 16 or 32
    int fill_size
    unsigned char fill[4]     # one character in UTF-8
    int width                 # bytes of an integer or a float
    int precision, scale      # of a numeric; precision 0: not stated
    const void *parts         # of a document: proxy/masking/document.pxd, Parts
    int hides_null            # NULL becomes the constant too


cdef inline int reserve(Out *out, Py_ssize_t more) noexcept nogil:
    """Makes room for so many bytes behind used. 0, or NO_MEMORY and nothing changed."""
    cdef Py_ssize_t size = out.size
    cdef unsigned char *data
    if more <= size - out.used:
        return 0
    if more > (<Py_ssize_t> 1 << 40) - out.used:
        return NO_MEMORY
    size = 4096 if size < 4096 else size
    while size - out.used < more:
        size += size >> 1
    data = <unsigned char *> realloc(out.data, size)
    if data == NULL:
        return NO_MEMORY
    out.data, out.size = data, size
    return 0


cdef inline int append(Out *out, const unsigned char *data, Py_ssize_t length) noexcept nogil:
    """Copies bytes behind used; data must not lie inside out. 0 or NO_MEMORY."""
    if reserve(out, length) != 0:
        return NO_MEMORY
    if length > 0:
        memcpy(out.data + out.used, data, length)
        out.used += length
    return 0


cdef inline int mask_cell(const Mask *mask, int format, const unsigned char *value, Py_ssize_t length, Out *out) noexcept nogil:
    """Masks one value that is not NULL. APPENDED, IS_NULL or NO_MEMORY; out is unchanged by the latter two."""
    cdef Py_ssize_t start = out.used
    cdef int done = mask.kernels[format](mask, value, length, out)
    if done == APPENDED:
        return APPENDED
    out.used = start
    if done != UNFIT:
        return done
    if mask.constants[format].length < 0:
        return IS_NULL
    return append(out, mask.constants[format].data, mask.constants[format].length)


cdef inline int mask_null(const Mask *mask, int format, Out *out) noexcept nogil:
    """What NULL becomes: itself, or the constant where it is hidden. As mask_cell."""
    if not mask.hides_null or mask.constants[format].length < 0:
        return IS_NULL
    return append(out, mask.constants[format].data, mask.constants[format].length)


cdef inline unsigned long long keyed64(const Mask *mask, const unsigned char *canonical, Py_ssize_t length) noexcept nogil:
    """64 bits that depend on the key and on the value in its canonical form, and tell nothing of either."""
    cdef unsigned char tag[16]
    digest(&mask.key, canonical, length, tag)
    return be64(tag)
