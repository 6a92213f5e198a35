# cython: language_level=3, boundscheck=False, wraparound=False, autotestdict=False, auto_pickle=False
"""inet and cidr: one address of a private network for each address and netmask. Sources: manual, "Network Address
Types"; network.c; RFC 1918 and 4193. The family is kept: 10.0.0.0/8 stands in for IPv4, fd00::/8 for IPv6."""

from libc.string cimport memcpy

from proxy.masking.aes cimport digest
from proxy.masking.cell cimport APPENDED, NO_MEMORY, UNFIT, Mask, Out, append, reserve
from proxy.masking.hexadecimal cimport put_bytes
from proxy.masking.numbers cimport count_digits, put_digits, read_digits

cdef extern from "<arpa/inet.h>" nogil:
    int inet_pton(int family, const char *text, void *address) noexcept

cdef extern from "<sys/socket.h>" nogil:
    enum:
        AF_INET
        AF_INET6

cdef enum:
    PGSQL_AF_INET = 2        # in the binary format, whatever the system's AF_INET is
    PGSQL_AF_INET6 = 3
    LONGEST = 49             # of a text: an IPv6 address with an IPv4 one in it, and /128

cdef struct Network:
    unsigned char address[16]
    unsigned char size       # of the address: 4 or 16
    unsigned char bits       # of the netmask


cdef int read_network(const unsigned char *value, Py_ssize_t length, Network *network) noexcept nogil:
    """Reads address or address/bits; whether it is one."""
    cdef char text[LONGEST + 1]
    cdef Py_ssize_t end = 0, digits
    cdef int six = False
    if length > LONGEST:
        return False
    while end < length and value[end] != c"/":
        six = six or value[end] == c":"
        end += 1
    memcpy(text, value, end)
    text[end] = 0
    network.size = 16 if six else 4
    network.bits = 8 * network.size
    if inet_pton(AF_INET6 if six else AF_INET, text, network.address) != 1:
        return False
    if end == length:
        return True
    digits = count_digits(value + end + 1, length - end - 1)
    if not 0 < digits <= 3 or end + 1 + digits != length or read_digits(value + end + 1, digits) > network.bits:
        return False
    network.bits = <unsigned char> read_digits(value + end + 1, digits)
    return True


cdef void keyed_network(const Mask *mask, Network *network) noexcept nogil:
    """Puts one masked address in the place of an address with its netmask."""
    cdef unsigned char canonical[18]
    cdef unsigned char tag[16]
    canonical[0], canonical[1] = network.size, network.bits
    memcpy(canonical + 2, network.address, network.size)
    digest(&mask.key, canonical, 2 + network.size, tag)
    tag[0] = 10 if network.size == 4 else 0xfd
    memcpy(network.address, tag, network.size)
    network.bits = 8 * network.size


cdef int append_network(const Mask *mask, Network *network, Out *out) noexcept nogil:
    """Appends the text of the masked address."""
    cdef unsigned char *at
    cdef int i
    if reserve(out, LONGEST) != 0:
        return NO_MEMORY
    keyed_network(mask, network)
    at = out.data + out.used
    for i in range(4 if network.size == 4 else 8):
        if i > 0:
            at[0] = c"." if network.size == 4 else c":"
            at += 1
        if network.size == 4:
            at += put_digits(at, network.address[i])
        else:
            at = put_bytes(at, network.address + 2 * i, 2)
    out.used = at - out.data
    return APPENDED


cdef int inet_text(const Mask *mask, const unsigned char *value, Py_ssize_t length, Out *out) noexcept nogil:
    """An address for an address."""
    cdef Network network
    return append_network(mask, &network, out) if read_network(value, length, &network) else UNFIT


cdef int cidr_text(const Mask *mask, const unsigned char *value, Py_ssize_t length, Out *out) noexcept nogil:
    """A network of one address for a network."""
    cdef Network network
    if not read_network(value, length, &network):
        return UNFIT
    if append_network(mask, &network, out) != APPENDED:
        return NO_MEMORY
    return append(out, b"/32", 3) if network.size == 4 else append(out, b"/128", 4)


cdef int inet_binary(const Mask *mask, const unsigned char *value, Py_ssize_t length, Out *out) noexcept nogil:
    """Family, bits, whether it is a cidr, size, then the address."""
    cdef Network network
    if length < 4 or (value[0] != PGSQL_AF_INET and value[0] != PGSQL_AF_INET6):
        return UNFIT
    network.size, network.bits = 4 if value[0] == PGSQL_AF_INET else 16, value[1]
    if value[3] != network.size or length != 4 + network.size or network.bits > 8 * network.size:
        return UNFIT
    memcpy(network.address, value + 4, network.size)
    if reserve(out, length) != 0:
        return NO_MEMORY
    keyed_network(mask, &network)
    out.data[out.used], out.data[out.used + 1] = value[0], network.bits
    out.data[out.used + 2], out.data[out.used + 3] = value[2] & 1, network.size
    memcpy(out.data + out.used + 4, network.address, network.size)
    out.used += length
    return APPENDED
