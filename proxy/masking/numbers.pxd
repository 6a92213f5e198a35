# What the number kernels share: the room of a keyed number, and its digits.
# A keyed number is the same for equal numbers of any exact type: smallint to bigint, numeric, a number in JSON. It depends
# on the decimal spelling of the value. What fits an integer gets nine digits, what does not up to fifteen, which stay exact
# in a float8 and in JavaScript.
from libc.string cimport memcpy

cdef enum:
    NINE_DIGITS = 1000000000



cdef inline unsigned long long keyed_number(unsigned long long random, int small) noexcept nogil:
    """A number from 64 random bits. small: the value that it stands for fits an integer."""
    if small:
        return random % NINE_DIGITS
    return NINE_DIGITS + random % (<unsigned long long> 1000000000000000 - NINE_DIGITS)


cdef inline unsigned long long power_of_ten(int exponent) noexcept nogil:
    """10 to a power of 0 to 19."""
    cdef unsigned long long power = 1
    while exponent > 0:
        power *= 10
        exponent -= 1
    return power


cdef inline int put_digits(unsigned char *at, unsigned long long number) noexcept nogil:
    """Writes a number, at most 20 digits; how many it wrote."""
    cdef unsigned char digits[20]
    cdef int start = 20
    while True:
        start -= 1
        digits[start] = <unsigned char> (c"0" + number % 10)
        number //= 10
        if number == 0:
            break
    memcpy(at, digits + start, 20 - start)
    return 20 - start


cdef inline int is_digit(unsigned char byte) noexcept nogil:
    return c"0" <= byte <= c"9"


cdef inline Py_ssize_t count_digits(const unsigned char *at, Py_ssize_t length) noexcept nogil:
    """Digits at the start of a text."""
    cdef Py_ssize_t count = 0
    while count < length and is_digit(at[count]):
        count += 1
    return count


cdef inline unsigned long long read_digits(const unsigned char *at, Py_ssize_t count) noexcept nogil:
    """The number that up to 19 digits spell."""
    cdef unsigned long long number = 0
    cdef Py_ssize_t i
    for i in range(count):
        number = 10 * number + (at[i] - c"0")
    return number
