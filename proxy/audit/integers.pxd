# Integers as the journal's files hold them: little-endian, or seven bits a byte with the lowest first.

cdef inline void put16(unsigned char *at, unsigned int value) noexcept nogil:
    at[0] = value & 255
    at[1] = (value >> 8) & 255


cdef inline void put32(unsigned char *at, unsigned int value) noexcept nogil:
    put16(at, value)
    put16(at + 2, value >> 16)


cdef inline void put64(unsigned char *at, unsigned long long value) noexcept nogil:
    put32(at, <unsigned int>value)
    put32(at + 4, <unsigned int>(value >> 32))


cdef inline unsigned int get32(const unsigned char *at) noexcept nogil:
    return at[0] | (<unsigned int>at[1] << 8) | (<unsigned int>at[2] << 16) | (<unsigned int>at[3] << 24)


cdef inline unsigned long long get64(const unsigned char *at) noexcept nogil:
    return get32(at) | (<unsigned long long>get32(at + 4) << 32)


cdef inline unsigned char *put_number(unsigned char *at, unsigned long long value) noexcept nogil:
    """Writes 1 to 10 bytes; the place behind them."""
    while value > 127:
        at[0] = <unsigned char>(value | 128)
        at += 1
        value >>= 7
    at[0] = <unsigned char>value
    return at + 1


cdef inline unsigned char *put_signed(unsigned char *at, long long value) noexcept nogil:
    """As put_number; small negative numbers stay short: 0, -1, 1, -2 … are 0, 1, 2, 3 …"""
    return put_number(at, (<unsigned long long>value << 1) ^ <unsigned long long>(value >> 63))


cdef inline const unsigned char *get_number(
    const unsigned char *at, const unsigned char *end, unsigned long long *value
) noexcept nogil:
    """The place behind the number; NULL: it is cut, or longer than 64 bits."""
    cdef int shift = 0
    value[0] = 0
    while at < end and shift < 64:
        if shift == 63 and at[0] > 1:
            return NULL
        value[0] |= <unsigned long long>(at[0] & 127) << shift
        if at[0] < 128:
            return at + 1
        shift += 7
        at += 1
    return NULL


cdef inline const unsigned char *get_signed(
    const unsigned char *at, const unsigned char *end, long long *value
) noexcept nogil:
    """As get_number, for what put_signed wrote."""
    cdef unsigned long long folded = 0
    at = get_number(at, end, &folded)
    value[0] = <long long>(folded >> 1) ^ -<long long>(folded & 1)
    return at
