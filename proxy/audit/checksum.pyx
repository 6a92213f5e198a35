# cython: language_level=3, boundscheck=False, wraparound=False, autotestdict=False, auto_pickle=False
"""CRC-32C (Castagnoli), by the processor's instruction where it has one. Source: RFC 3720, appendix B.4."""


cdef extern from *:
    """
    #include <stddef.h>
    #include <stdint.h>
    #include <string.h>

    /* Half a byte at a time: a table of sixteen. */
    static uint32_t pgwarden_crc_plain(uint32_t crc, const unsigned char *data, size_t length) {
        static const uint32_t table[16] = {
            0x00000000, 0x105ec76f, 0x20bd8ede, 0x30e349b1, 0x417b1dbc, 0x5125dad3, 0x61c69362, 0x7198540d,
            0x82f63b78, 0x92a8fc17, 0xa24bb5a6, 0xb21572c9, 0xc38d26c4, 0xd3d3e1ab, 0xe330a81a, 0xf36e6f75};
        while (length--) {
            crc ^= *data++;
            crc = table[crc & 15] ^ (crc >> 4);
            crc = table[crc & 15] ^ (crc >> 4);
        }
        return crc;
    }

    #if defined(__x86_64__)
    __attribute__((target("sse4.2")))
    static uint32_t pgwarden_crc_sse(uint32_t crc, const unsigned char *data, size_t length) {
        uint64_t wide = crc, word;
        for (; length >= 8; length -= 8, data += 8) {
            memcpy(&word, data, 8);
            wide = __builtin_ia32_crc32di(wide, word);
        }
        for (; length; length--) wide = __builtin_ia32_crc32qi((uint32_t)wide, *data++);
        return (uint32_t)wide;
    }
    #endif

    static uint32_t pgwarden_crc(uint32_t crc, const unsigned char *data, size_t length) {
    #if defined(__x86_64__)
        if (__builtin_cpu_supports("sse4.2")) return pgwarden_crc_sse(crc, data, length);
    #endif
        return pgwarden_crc_plain(crc, data, length);
    }
    """
    unsigned int pgwarden_crc(unsigned int crc, const unsigned char *data, size_t length) noexcept nogil
    unsigned int pgwarden_crc_plain(unsigned int crc, const unsigned char *data, size_t length) noexcept nogil


cdef unsigned int checksum(unsigned int before, const unsigned char *data, Py_ssize_t length) noexcept nogil:
    """The checksum of length bytes behind others whose checksum was before (0 at the start)."""
    return ~pgwarden_crc(~before, data, length)


def crc32c(bytes data not None, unsigned int before=0):
    """The checksum of data (n,) behind bytes whose checksum was before."""
    return checksum(before, data, len(data))


def crc32c_plain(bytes data not None, unsigned int before=0):
    """The same without the processor's instruction."""
    return ~pgwarden_crc_plain(~before, data, len(data))
