# cython: language_level=3, boundscheck=False, wraparound=False, autotestdict=False, auto_pickle=False
"""numeric, and the numbers in JSON. Sources: manual, "Arbitrary Precision Numbers"; numeric.c, numeric_recv.

The keyed function takes the shortest decimal spelling of a value: 1.0 and 1.00 both are 1. The masked number is whole, with as many
zeros behind the point as the value displays, unless numeric(p, s) leaves it fewer than nine digits before the point:
then it uses all p digits. NaN and the infinities do not fit."""

from libc.string cimport memcpy, memset

from proxy.masking.aes cimport Pieces, add, begin, digest, finish
from proxy.masking.cell cimport APPENDED, NO_MEMORY, UNFIT, Mask, Out, be16, be64, keyed64, put16, reserve
from proxy.masking.numbers cimport count_digits, keyed_number, power_of_ten, put_digits, read_digits

cdef enum:
    HEADER = 8               # ndigits, weight, sign, dscale: 16 bits each
    NEGATIVE = 0x4000
    MAX_DSCALE = 0x3fff
    LIMB = 10000             # a base-10000 digit
    BUFFER = 128

cdef struct Number:          # digits times ten to the power of minus shift
    unsigned long long digits
    int shift

cdef struct Spelling:        # a decimal spelling on its way into the keyed function
    unsigned char text[BUFFER]
    int used
    int spilled
    Pieces pieces


cdef Number masked_number(const Mask *mask, unsigned long long random, int small) noexcept nogil:
    """The masked number that the column's precision and scale leave room for."""
    cdef Number number
    cdef int whole = mask.precision - mask.scale
    number.shift = 0
    if mask.precision == 0:
        number.digits = keyed_number(random, small)
    elif mask.scale >= 0 and whole >= 9:
        number.digits = keyed_number(random, small) % power_of_ten(min(whole, 15))
    else:
        number.digits = random % power_of_ten(min(mask.precision, 15))
        number.shift = mask.scale
    return number


cdef inline int displayed(const Mask *mask, Py_ssize_t scale) noexcept nogil:
    """Digits behind the point of the masked number: the column's scale, else the value's own."""
    return <int> scale if mask.precision == 0 else max(mask.scale, 0)


cdef int append_text(Number number, int scale, Out *out) noexcept nogil:
    """Appends a number with so many digits behind the point; scale is at least its shift."""
    cdef unsigned char digits[20]
    cdef int count = put_digits(digits, number.digits), whole = count - number.shift
    cdef unsigned char *at
    if reserve(out, 24 + scale + (number.shift if number.shift > 0 else -number.shift)) != 0:
        return NO_MEMORY
    at = out.data + out.used
    if number.digits == 0:
        whole = 1
        count = 1
    if number.shift > 0 and whole <= 0:           # 0.00ddd
        memset(at, c"0", 2 - whole)
        at[1] = c"."
        memcpy(at + 2 - whole, digits, count)
        out.used += 2 - whole + count
        return APPENDED
    memcpy(at, digits, min(count, whole))
    if whole > count:
        memset(at + count, c"0", whole - count)
    if scale > 0:
        at[whole] = c"."
        memset(at + whole + 1, c"0", scale)
        if whole < count:
            memcpy(at + whole + 1, digits + whole, count - whole)
        whole += 1 + scale
    out.used += whole
    return APPENDED


cdef int append_binary(Number number, int scale, Out *out) noexcept nogil:
    """Appends a number in base 10000; scale is the dscale."""
    cdef unsigned short limbs[8]
    cdef int behind = number.shift if number.shift > 0 else 0, before = -number.shift if number.shift < 0 else 0
    cdef int first = 8, last = 8, weight = 0
    cdef unsigned long long left = number.digits * power_of_ten((4 - behind % 4) % 4 + before % 4)
    cdef unsigned char *at
    if reserve(out, HEADER + 16) != 0:
        return NO_MEMORY
    while left > 0:
        first -= 1
        limbs[first], left = <unsigned short> (left % LIMB), left // LIMB
    if first < 8:
        weight = 7 - first - (behind + 3) // 4 + before // 4
    while last > first and limbs[last - 1] == 0:
        last -= 1
    at = out.data + out.used
    put16(at, last - first)
    put16(at + 2, <unsigned int> weight)
    put16(at + 4, 0)
    put16(at + 6, scale)
    at += HEADER
    while first < last:
        put16(at, limbs[first])
        at, first = at + 2, first + 1
    out.used = at - out.data
    return APPENDED


cdef int numeric_text(const Mask *mask, const unsigned char *value, Py_ssize_t length, Out *out) noexcept nogil:
    """A number for a number as numeric_out spells it: -?digits(.digits)?, without an exponent."""
    cdef Py_ssize_t start = 1 if length > 0 and value[0] == c"-" else 0, end = length
    cdef Py_ssize_t whole = count_digits(value + start, length - start), point = start + whole, scale = 0
    cdef int small
    if whole == 0 or (value[start] == c"0" and whole > 1):
        return UNFIT
    if point < length:
        scale = count_digits(value + point + 1, length - point - 1)
        if value[point] != c"." or scale == 0 or point + 1 + scale != length:
            return UNFIT
        while value[end - 1] == c"0":
            end -= 1
        if end == point + 1:
            end = point
    if end == point and value[start] == c"0":
        value, start, end = value + start, 0, 1   # zero has no sign
        small = True
    else:
        small = whole < 10 or (whole == 10 and read_digits(value + start, 10) <= <unsigned long long> 1 << 31)
    if displayed(mask, scale) > (<Py_ssize_t> 1 << 30):
        return UNFIT
    return append_text(masked_number(mask, keyed64(mask, value, end), small), displayed(mask, scale), out)


cdef inline void spell(const Mask *mask, Spelling *spelling, unsigned char byte) noexcept nogil:
    """The next character; what does not fit the buffer goes into the keyed function."""
    if spelling.used == BUFFER:
        if not spelling.spilled:
            begin(&spelling.pieces)
        add(&mask.key, &spelling.pieces, spelling.text, BUFFER)
        spelling.used, spelling.spilled = 0, True
    spelling.text[spelling.used] = byte
    spelling.used += 1


cdef unsigned long long spelled(const Mask *mask, Spelling *spelling) noexcept nogil:
    """64 keyed bits of the whole spelling."""
    cdef unsigned char tag[16]
    if spelling.spilled:
        add(&mask.key, &spelling.pieces, spelling.text, spelling.used)
        finish(&mask.key, &spelling.pieces, tag)
    else:
        digest(&mask.key, spelling.text, spelling.used, tag)
    return be64(tag)


cdef inline unsigned int limb(const unsigned char *limbs, int count, int index) noexcept nogil:
    """A base-10000 digit; beyond both ends they are 0."""
    return be16(limbs + 2 * index) if 0 <= index < count else 0


cdef void spell_limbs(const Mask *mask, Spelling *spelling, const unsigned char *limbs, int count, int weight) noexcept nogil:
    """The shortest decimal spelling of limbs that neither begin nor end with 0; count is at least 1."""
    cdef unsigned char digits[20]
    cdef int index, i, size, last = count - 1
    if weight < 0:
        spell(mask, spelling, c"0")
    for index in range(weight + 1):
        size = put_digits(digits, (0 if index == 0 else LIMB) + limb(limbs, count, index))
        for i in range(0 if index == 0 else 1, size):
            spell(mask, spelling, digits[i])
    if last <= weight:
        return
    spell(mask, spelling, c".")
    for index in range(weight + 1, count):
        put_digits(digits, LIMB + limb(limbs, count, index))
        size = 5
        while index == last and digits[size - 1] == c"0":
            size -= 1
        for i in range(1, size):
            spell(mask, spelling, digits[i])


cdef int is_small(const unsigned char *limbs, int count, int weight) noexcept nogil:
    """Whether the whole part fits an integer."""
    cdef unsigned long long whole = 0
    cdef int index
    if weight > 2:
        return False
    for index in range(weight + 1):
        whole = LIMB * whole + limb(limbs, count, index)
    return whole <= <unsigned long long> 1 << 31


cdef int numeric_binary(const Mask *mask, const unsigned char *value, Py_ssize_t length, Out *out) noexcept nogil:
    """A number for a number: ndigits, weight, sign and dscale, then ndigits base-10000 digits."""
    cdef const unsigned char *limbs = value + HEADER
    cdef Spelling spelling
    cdef int count, weight, index, small, scale
    if length < HEADER or length != HEADER + 2 * <Py_ssize_t> be16(value):
        return UNFIT
    count, weight, scale = <int> be16(value), <short> be16(value + 2), <int> be16(value + 6)
    if (be16(value + 4) != 0 and be16(value + 4) != NEGATIVE) or scale > MAX_DSCALE:
        return UNFIT
    for index in range(count):
        if be16(limbs + 2 * index) >= LIMB:
            return UNFIT
    while count > 0 and be16(limbs) == 0:
        limbs, count, weight = limbs + 2, count - 1, weight - 1
    while count > 0 and be16(limbs + 2 * (count - 1)) == 0:
        count -= 1
    spelling.used, spelling.spilled = 0, False
    if count == 0:
        weight = 0
        spell(mask, &spelling, c"0")
    else:
        if be16(value + 4) == NEGATIVE:
            spell(mask, &spelling, c"-")
        spell_limbs(mask, &spelling, limbs, count, weight)
    small = is_small(limbs, count, weight)
    return append_binary(masked_number(mask, spelled(mask, &spelling), small), displayed(mask, scale), out)
