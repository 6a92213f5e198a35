# cython: language_level=3, boundscheck=False, wraparound=False, autotestdict=False, auto_pickle=False
"""smallint, integer, bigint and money. Sources: manual, "Numeric Types" and "Monetary Types"; int.c, int8.c, cash.c."""

from proxy.masking.cell cimport APPENDED, NO_MEMORY, UNFIT, Mask, Out, append, be16, be32, be64, keyed64, put16, put32, put64, reserve
from proxy.masking.numbers cimport NINE_DIGITS, count_digits, is_digit, keyed_number, put_digits, read_digits

cdef enum:
    SMALLINT_ROOM = 10000      # four digits: the fifth would not always fit
    MONEY_FIRST = 100000000    # a masked money has nine digits, cents included
    LONGEST_MONEY = 64         # bytes of a text

cdef struct Amount:
    long long number           # in the smallest unit of the currency
    int digits
    Py_ssize_t first, last     # where they stand


cdef inline unsigned long long magnitude(long long number) noexcept nogil:
    return 0 - <unsigned long long> number if number < 0 else <unsigned long long> number


cdef inline unsigned long long keyed_integer(const Mask *mask, const unsigned char *spelled, Py_ssize_t length, int small) noexcept nogil:
    """The masked number of a value by its decimal spelling."""
    cdef unsigned long long random = keyed64(mask, spelled, length)
    return random % SMALLINT_ROOM if mask.width == 2 else keyed_number(random, small)


cdef inline int spell(unsigned char *at, long long number) noexcept nogil:
    """The decimal spelling, at most 20 bytes; how many they are."""
    if number < 0:
        at[0] = c"-"
        return 1 + put_digits(at + 1, magnitude(number))
    return put_digits(at, magnitude(number))


cdef int integer_text(const Mask *mask, const unsigned char *value, Py_ssize_t length, Out *out) noexcept nogil:
    """A number for a number, spelled as the server spells it: no plus sign, no leading zero."""
    cdef Py_ssize_t sign = 1 if length > 0 and value[0] == c"-" else 0, digits = length - sign
    cdef unsigned long long number
    if not 0 < digits <= 19 or count_digits(value + sign, digits) != digits or (value[sign] == c"0" and length > 1):
        return UNFIT
    number = read_digits(value + sign, digits)
    if number > (<unsigned long long> 1 << (8 * mask.width - 1)) - (1 if sign == 0 else 0):
        return UNFIT
    if reserve(out, 20) != 0:
        return NO_MEMORY
    number = keyed_integer(mask, value, length, number <= <unsigned long long> 1 << 31)
    out.used += put_digits(out.data + out.used, number)
    return APPENDED


cdef int integer_binary(const Mask *mask, const unsigned char *value, Py_ssize_t length, Out *out) noexcept nogil:
    """A number for a number, in two's complement, most significant byte first."""
    cdef unsigned char spelled[20]
    cdef long long number
    cdef unsigned long long masked
    if length != mask.width:
        return UNFIT
    if length == 8:
        number = <long long> be64(value)
    elif length == 4:
        number = <int> be32(value)
    else:
        number = <short> be16(value)
    if reserve(out, 8) != 0:
        return NO_MEMORY
    masked = keyed_integer(mask, spelled, spell(spelled, number), magnitude(number) <= <unsigned long long> 1 << 31)
    if length == 8:
        put64(out.data + out.used, masked)
    elif length == 4:
        put32(out.data + out.used, <unsigned int> masked)
    else:
        put16(out.data + out.used, <unsigned int> masked)
    out.used += length
    return APPENDED


cdef inline unsigned long long keyed_money(const Mask *mask, long long number) noexcept nogil:
    """Nine digits for an amount in the smallest unit of its currency."""
    cdef unsigned char spelled[20]
    return MONEY_FIRST + keyed64(mask, spelled, spell(spelled, number)) % (NINE_DIGITS - MONEY_FIRST)


cdef int money_binary(const Mask *mask, const unsigned char *value, Py_ssize_t length, Out *out) noexcept nogil:
    """An amount for an amount, as bigint."""
    cdef unsigned char masked[8]
    if length != 8:
        return UNFIT
    put64(masked, keyed_money(mask, <long long> be64(value)))
    return append(out, masked, 8)


cdef inline int is_separator(unsigned char byte) noexcept nogil:
    """Whether a byte may stand between the digits of an amount: . , ' a space, or part of U+00A0 or U+202F."""
    return (byte == c"." or byte == c"," or byte == c"'" or byte == c" " or byte == 0xc2 or byte == 0xa0 or byte == 0xe2
            or byte == 0x80 or byte == 0xaf)


cdef int read_money(const unsigned char *value, Py_ssize_t length, Amount *amount) noexcept nogil:
    """Reads an amount in whatever lc_monetary: its digits are the amount in the smallest unit, a minus sign or a
    parenthesis makes it negative. Whether there is one."""
    cdef unsigned long long number = 0
    cdef Py_ssize_t i
    cdef int negative = False
    amount.digits = 0
    for i in range(length):
        if is_digit(value[i]) and amount.digits < 20:
            amount.first = i if amount.digits == 0 else amount.first
            amount.last = i
            number = 10 * number + (value[i] - c"0")
            amount.digits += 1
        elif value[i] == c"-" or value[i] == c"(":
            negative = True
    if not 0 < amount.digits < 20:
        return False
    for i in range(amount.first, amount.last):
        if not is_digit(value[i]) and not is_separator(value[i]):
            return False
    amount.number = <long long> (0 - number if negative else number)
    return True


cdef int put_money(const unsigned char *value, const Amount *amount, const unsigned char *masked, unsigned char *at) noexcept nogil:
    """Writes nine masked digits with the separators of value, without its sign and its currency; how many bytes they
    are. The first group takes the digits that value has too few; of too many the first are left out."""
    cdef int done = 0, skipped = 0, size = 0, _
    cdef Py_ssize_t i
    for i in range(amount.first, amount.last + 1):
        if is_digit(value[i]) and skipped < amount.digits - 9:
            skipped += 1
        elif is_digit(value[i]):
            for _ in range(1 if done > 0 else max(1, 10 - amount.digits)):
                at[size], size, done = masked[done], size + 1, done + 1
        elif done > 0:
            at[size], size = value[i], size + 1
    return size


cdef int money_text(const Mask *mask, const unsigned char *value, Py_ssize_t length, Out *out) noexcept nogil:
    """An amount for an amount, written with the separators of the value."""
    cdef unsigned char masked[20]
    cdef Amount amount
    if length > LONGEST_MONEY or not read_money(value, length, &amount):
        return UNFIT
    if reserve(out, LONGEST_MONEY + 9) != 0:
        return NO_MEMORY
    put_digits(masked, keyed_money(mask, amount.number))
    out.used += put_money(value, &amount, masked, out.data + out.used)
    return APPENDED
