# FF1, a cipher over texts of digits, for the kernels of this room. Source: NIST SP 800-38G, algorithm 7.

from proxy.masking.aes cimport Schedule

cdef enum:
    FF1_LONGEST = 512         # digits
    FF1_TWEAK = 256           # bytes

cdef struct Ff1:
    Schedule schedule
    unsigned int radix        # 2 to 256
    unsigned short bytes_of[257]  # how many bytes hold a number of so many digits

cdef int ff1_key(Ff1 *cipher, const unsigned char *key, int size, int radix) noexcept nogil
cdef int ff1_encrypt(const Ff1 *cipher, const unsigned char *tweak, int tweak_length, unsigned char *digits, int count) noexcept nogil
