# cython: language_level=3, boundscheck=False, wraparound=False, autotestdict=False, auto_pickle=False
"""real and double precision. Sources: manual, "Floating-Point Types"; float.c. The keyed function takes the value's
bits as a double, so a text must say all of them, as every server does since 12 unless extra_float_digits is lowered.
NaN and the infinities do not fit."""

from libc.string cimport memcpy

from proxy.masking.cell cimport APPENDED, NO_MEMORY, UNFIT, Mask, Out, append, be32, be64, keyed64, put32, put64, reserve
from proxy.masking.numbers cimport is_digit, put_digits

cdef extern from *:
    """
    #ifdef __APPLE__
    #include <xlocale.h>
    #endif
    #include <locale.h>
    #include <stdlib.h>
    static locale_t pgwarden_c_locale;
    static void pgwarden_open_locale(void) { pgwarden_c_locale = newlocale(LC_ALL_MASK, "C", (locale_t) 0); }
    static double pgwarden_double(const char *text, char **end) { return strtod_l(text, end, pgwarden_c_locale); }
    static float pgwarden_float(const char *text, char **end) { return strtof_l(text, end, pgwarden_c_locale); }
    """
    void open_locale "pgwarden_open_locale"()
    double read_double "pgwarden_double"(const char *text, char **end) noexcept nogil
    float read_float "pgwarden_float"(const char *text, char **end) noexcept nogil

cdef enum:
    LONGEST = 63              # bytes of a float's text; the server writes at most 25
    FLOAT_ROOM = 10000000     # hundredths: exact in the 24 bits of a real
    DOUBLE_ROOM = 1000000000


cdef inline int is_finite(double number) noexcept nogil:
    return number - number == 0


cdef unsigned long long keyed_hundredths(const Mask *mask, double number) noexcept nogil:
    """The masked value in hundredths. Minus zero equals zero."""
    cdef unsigned char canonical[8]
    cdef unsigned long long bits
    cdef double positive = number + 0.0 if number != 0 else 0.0
    memcpy(&bits, &positive, 8)
    put64(canonical, bits)
    return keyed64(mask, canonical, 8) % (FLOAT_ROOM if mask.width == 4 else DOUBLE_ROOM)


cdef int float_text(const Mask *mask, const unsigned char *value, Py_ssize_t length, Out *out) noexcept nogil:
    """A number for a number, as float8out and float4out spell it: decimal digits, maybe with an exponent."""
    cdef char text[LONGEST + 1]
    cdef char *end = NULL
    cdef double number
    cdef Py_ssize_t i
    cdef unsigned long long masked
    if not 0 < length <= LONGEST:
        return UNFIT
    for i in range(length):
        if not is_digit(value[i]) and value[i] not in b"+-.eE":
            return UNFIT
    memcpy(text, value, length)
    text[length] = 0
    number = read_float(text, &end) if mask.width == 4 else read_double(text, &end)
    if end != text + length or not is_finite(number):
        return UNFIT
    if reserve(out, 24) != 0:
        return NO_MEMORY
    masked = keyed_hundredths(mask, number)
    out.used += put_digits(out.data + out.used, masked // 100)
    if masked % 100 != 0:
        put_digits(out.data + out.used, 100 + masked % 100)
        out.data[out.used] = c"."
        out.used += 2 if masked % 10 == 0 else 3
    return APPENDED


cdef int float_binary(const Mask *mask, const unsigned char *value, Py_ssize_t length, Out *out) noexcept nogil:
    """A number for a number, IEEE 754, most significant byte first."""
    cdef unsigned char masked[8]
    cdef unsigned long long wide
    cdef unsigned int narrow
    cdef double number
    cdef float single
    if length != mask.width:
        return UNFIT
    if length == 4:
        narrow = be32(value)
        memcpy(&single, &narrow, 4)
        number = single
    else:
        wide = be64(value)
        memcpy(&number, &wide, 8)
    if not is_finite(number):
        return UNFIT
    if length == 4:
        single = <float> keyed_hundredths(mask, number) / <float> 100.0
        memcpy(&narrow, &single, 4)
        put32(masked, narrow)
    else:
        number = <double> keyed_hundredths(mask, number) / 100.0
        memcpy(&wide, &number, 8)
        put64(masked, wide)
    return append(out, masked, length)


open_locale()
