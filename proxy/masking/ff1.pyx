# cython: language_level=3, boundscheck=False, wraparound=False, autotestdict=False, auto_pickle=False
"""FF1: encrypts a text of digits to a text of as many digits. Source: NIST SP 800-38G, algorithm 7 (FF1.Encrypt).

Numbers are kept as bytes, most significant first, and multiplied and divided by the radix one digit at a time: as long
as digits are few that is as fast as large integers, and there is no end to them.
"""

from libc.string cimport memcpy, memset

from proxy.masking.aes cimport Cmac, encrypt, has_hardware, set_key

cdef enum:
    HALF = FF1_LONGEST // 2
    NUMBER = 272              # bytes that hold HALF digits of radix 256, and the 4 to 7 more that are asked for
    ROUNDS = 10

DIGITS = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
LEAST = 100


cdef int ff1_key(Ff1 *cipher, const unsigned char *key, int size, int radix) noexcept nogil:
    """Prepares a key of 16, 24 or 32 bytes. -1: radix is not 2 to 256."""
    cdef Cmac cmac
    cdef unsigned char number[NUMBER]
    cdef int digits
    if not 2 <= radix <= 256:
        return -1
    set_key(&cmac, key, size, size != 24 and has_hardware())
    cipher.schedule, cipher.radix = cmac.schedule, <unsigned int> radix
    memset(number, 0, NUMBER)
    cipher.bytes_of[0] = 0
    for digits in range(1, HALF + 1):  # radix to the power of digits, less one
        push(number, NUMBER, cipher.radix, cipher.radix - 1)
        cipher.bytes_of[digits] = used(number)
    return 0


cdef unsigned short used(const unsigned char *number) noexcept nogil:
    cdef int at = 0
    while at < NUMBER and number[at] == 0:
        at += 1
    return <unsigned short> (NUMBER - at)


cdef inline void push(unsigned char *number, int size, unsigned int radix, unsigned int digit) noexcept nogil:
    """number = number * radix + digit."""
    cdef unsigned int carry = digit
    cdef int at
    for at in range(size - 1, -1, -1):
        carry += number[at] * radix
        number[at] = <unsigned char> carry
        carry >>= 8


cdef inline unsigned int pop(unsigned char *number, int size, unsigned int radix) noexcept nogil:
    """number = number / radix; what is left over."""
    cdef unsigned int rest = 0
    cdef int at
    for at in range(size):
        rest = (rest << 8) | number[at]
        number[at] = <unsigned char> (rest // radix)
        rest %= radix
    return rest


cdef inline void chain(const Ff1 *cipher, unsigned char *state, const unsigned char *block) noexcept nogil:
    cdef int i
    for i in range(16):
        state[i] ^= block[i]
    encrypt(&cipher.schedule, state, state)


cdef int ff1_encrypt(const Ff1 *cipher, const unsigned char *tweak, int tweak_length, unsigned char *digits, int count) noexcept nogil:
    """Encrypts digits (count,), each below the radix, in place. -1: count is not 2 to FF1_LONGEST, or the tweak is
    longer than FF1_TWEAK. The domain should have a million texts at least (SP 800-38G, section 4.2): see to it."""
    cdef unsigned char first[16]
    cdef unsigned char message[FF1_TWEAK + NUMBER + 32]
    cdef unsigned char number[NUMBER]
    cdef unsigned char head[16]
    cdef unsigned char *half = digits
    cdef int left = count // 2
    cdef int size, wanted, length, counter, at
    if not 2 <= count <= FF1_LONGEST or not 0 <= tweak_length <= FF1_TWEAK:
        return -1
    size = cipher.bytes_of[count - left]
    wanted = 4 * ((size + 3) // 4) + 4
    length = (tweak_length + size + 1 + 15) & ~15
    first[0], first[1], first[2], first[6], first[7] = 1, 2, 1, 10, <unsigned char> left
    put(first + 3, 3, cipher.radix)
    put(first + 8, 4, count)
    put(first + 12, 4, tweak_length)
    memset(head, 0, 16)
    chain(cipher, head, first)  # the same in every round
    memset(message, 0, length)
    memcpy(message, tweak, tweak_length)
    for counter in range(ROUNDS):
        message[length - size - 1] = <unsigned char> counter
        half = digits if counter % 2 else digits + left
        at = left if counter % 2 else count - left
        number_of(cipher, half, at, message + length - size, size)
        squeeze(cipher, head, message, length, number, wanted)
        half = digits + left if counter % 2 else digits
        add_number(cipher, half, count - at, number, wanted)
    return 0


cdef inline void put(unsigned char *at, int size, unsigned int value) noexcept nogil:
    cdef int i
    for i in range(size - 1, -1, -1):
        at[i] = <unsigned char> value
        value >>= 8


cdef void number_of(const Ff1 *cipher, const unsigned char *digits, int count, unsigned char *number, int size) noexcept nogil:
    """The number that the digits spell, in size bytes."""
    cdef int i
    memset(number, 0, size)
    for i in range(count):
        push(number, size, cipher.radix, digits[i])


cdef void squeeze(
    const Ff1 *cipher, const unsigned char *head, const unsigned char *message, int length, unsigned char *number, int wanted
) noexcept nogil:
    """wanted bytes that depend on the message behind its first block: PRF, then counter blocks of it."""
    cdef unsigned char state[16]
    cdef unsigned char block[16]
    cdef int at, blocks = 0
    memcpy(state, head, 16)
    for at in range(0, length, 16):
        chain(cipher, state, message + at)
    for at in range(0, wanted, 16):
        memcpy(block, state, 16)
        if at:
            blocks += 1
            block[12] ^= <unsigned char> (blocks >> 24)
            block[13] ^= <unsigned char> (blocks >> 16)
            block[14] ^= <unsigned char> (blocks >> 8)
            block[15] ^= <unsigned char> blocks
            encrypt(&cipher.schedule, block, block)
        memcpy(number + at, block, 16 if wanted - at > 16 else wanted - at)


cdef void add_number(const Ff1 *cipher, unsigned char *digits, int count, unsigned char *number, int size) noexcept nogil:
    """digits = digits + number, modulo what so many digits can hold."""
    cdef unsigned int carry = 0
    cdef int i
    if size == 8:
        add_word(cipher.radix, digits, count, number)
        return
    for i in range(count - 1, -1, -1):
        carry += digits[i] + pop(number, size, cipher.radix)
        digits[i] = <unsigned char> (carry % cipher.radix)
        carry //= cipher.radix


cdef void add_word(unsigned int radix, unsigned char *digits, int count, const unsigned char *number) noexcept nogil:
    """The same for a number of eight bytes: radix to the power of count is below 2^32 then."""
    cdef unsigned long long value = 0, sum = 0, bound = 1
    cdef int i
    for i in range(8):
        value = (value << 8) | number[i]
    for i in range(count):
        sum = sum * radix + digits[i]
        bound *= radix
    sum = (sum + value % bound) % bound
    for i in range(count - 1, -1, -1):
        digits[i] = <unsigned char> (sum % radix)
        sum //= radix


cdef class FF1:
    """The cipher for Python callers. key: 16, 24 or 32 bytes; radix: 2 to 62; alphabet: what its digits look like, by
    default 0-9, a-z, A-Z. Raises ValueError."""

    cdef Ff1 _cipher
    cdef str _alphabet
    cdef dict _values

    def __cinit__(self, bytes key not None, int radix, str alphabet=None):
        if len(key) not in (16, 24, 32):
            raise ValueError("key: 16, 24 or 32 bytes")
        self._alphabet = DIGITS[:radix] if alphabet is None else alphabet
        if not 2 <= radix <= 256 or len(self._alphabet) != radix or len(set(self._alphabet)) != radix:
            raise ValueError("radix: 2 to 62, or to 256 with an alphabet of so many different characters")
        self._values = {character: value for value, character in enumerate(self._alphabet)}
        ff1_key(&self._cipher, key, <int> len(key), radix)

    def encrypt(self, bytes tweak not None, str text not None) -> str:
        """The text's counterpart: as long, over the same alphabet. Raises ValueError: a character that is none of the
        alphabet's, a length that is not 2 to 512 or has less than 100 texts, a tweak of more than 256 bytes."""
        cdef bytearray digits
        cdef Py_ssize_t count = len(text)
        cdef double texts = float(self._cipher.radix) ** count
        if not 2 <= count <= FF1_LONGEST or texts < LEAST:
            raise ValueError("text: 2 to 512 characters, and enough for 100 texts")
        if len(tweak) > FF1_TWEAK:
            raise ValueError("tweak: at most 256 bytes")
        try:
            digits = bytearray(self._values[character] for character in text)
        except KeyError as error:
            raise ValueError(f"text: {error.args[0]!r} is not of the alphabet") from None
        ff1_encrypt(&self._cipher, tweak, <int> len(tweak), digits, <int> count)
        return "".join(self._alphabet[value] for value in digits)
