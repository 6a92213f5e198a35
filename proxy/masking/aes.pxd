# AES and AES-CMAC for the kernels of this room. Sources: FIPS 197; NIST SP 800-38B.

cdef struct Schedule:
    unsigned char keys[240]   # 11 or 15 round keys
    int rounds                # 10 or 14
    int hardware              # the processor's own instructions are used

cdef struct Cmac:
    Schedule schedule
    unsigned char whole[16]   # K1: for a last block that is full
    unsigned char padded[16]  # K2: for one that is not

cdef struct Pieces:           # a message that comes in pieces
    unsigned char state[16]
    unsigned char block[16]
    int held                  # bytes of block in use; the last block waits here

cdef void set_key(Cmac *cmac, const unsigned char *key, int size, int hardware) noexcept nogil
cdef void encrypt(const Schedule *schedule, const unsigned char *block, unsigned char *result) noexcept nogil
cdef void digest(const Cmac *cmac, const unsigned char *data, Py_ssize_t length, unsigned char *tag) noexcept nogil
cdef void begin(Pieces *pieces) noexcept nogil
cdef void add(const Cmac *cmac, Pieces *pieces, const unsigned char *data, Py_ssize_t length) noexcept nogil
cdef void finish(const Cmac *cmac, Pieces *pieces, unsigned char *tag) noexcept nogil
cdef int has_hardware() noexcept nogil
