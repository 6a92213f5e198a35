# Bytes written in hexadecimal, with or without separators between them.


cdef inline int nibble(unsigned char byte) noexcept nogil:
    """What a hexadecimal digit stands for; -1 where it is none."""
    if c"0" <= byte <= c"9":
        return byte - c"0"
    byte |= 0x20
    return byte - c"a" + 10 if c"a" <= byte <= c"f" else -1


cdef inline int read_byte(const unsigned char *at) noexcept nogil:
    """What two hexadecimal digits stand for; below 0 where they are none."""
    cdef int high = nibble(at[0]), low = nibble(at[1])
    return (high << 4) | low if high >= 0 and low >= 0 else -1


cdef inline unsigned char digit_of(int number) noexcept nogil:
    return <unsigned char> (c"0" + number if number < 10 else c"a" - 10 + number)


cdef inline unsigned char *put_bytes(unsigned char *at, const unsigned char *data, int count) noexcept nogil:
    """Writes count bytes with two digits each; the place behind them."""
    cdef int i
    for i in range(count):
        at[2 * i], at[2 * i + 1] = digit_of(data[i] >> 4), digit_of(data[i] & 15)
    return at + 2 * count
