# cython: language_level=3, boundscheck=False, wraparound=False, autotestdict=False, auto_pickle=False
"""Parts of a json or jsonb document, masked in place: every byte that is in no part stays as it is.

A part is found by its keys, compared when their escapes are read, all of several equal ones. An array counts as its
members. In a part a string becomes what its content becomes as a text, a number a number, true and false a constant,
null stays; an object becomes a constant as a whole, because its keys are data too; the members of an array are masked
one by one. What is not JSON, or nests deeper than DEPTH, does not fit. Sources: RFC 8259; manual, "JSON Types"."""

from libc.stdlib cimport free
from libc.string cimport memcmp

from proxy.masking.cell cimport APPENDED, IS_NULL, NO_MEMORY, UNFIT, Mask, Out, append, mask_cell
from proxy.masking.jsonish cimport string_end
from proxy.masking.jsonstrings cimport put_string, read_string
from proxy.masking.numbers cimport is_digit
from proxy.masking.utf8 cimport count_characters

cdef enum:
    DEPTH = 1024
    JSONB_VERSION = 1
    NOWHERE = -1                 # no part is below
    SHOWN = -1

cdef enum State:
    VALUE                        # a value must follow
    FIRST_VALUE                  # a value, or the end of the array
    KEY
    FIRST_KEY                    # a key, or the end of the object
    AFTER                        # a value is complete

cdef struct Walk:
    const Parts *parts
    const unsigned char *at
    const unsigned char *end
    const unsigned char *run     # up to here everything is in out
    State state
    int depth
    int node                     # of the value that follows
    int hidden                   # the depth at which an object began that is not shown; SHOWN: none
    Out plain, masked            # a string's content before and behind its mask
    int nodes[DEPTH]             # of the container at each depth
    unsigned char object[DEPTH]  # whether it is one


cdef inline void skip_space(Walk *walk) noexcept nogil:
    while walk.at < walk.end and (walk.at[0] == c" " or walk.at[0] == c"\n" or walk.at[0] == c"\t" or walk.at[0] == c"\r"):
        walk.at += 1


cdef inline int show(Walk *walk, Out *out) noexcept nogil:
    """Copies everything up to the value at walk.at."""
    return append(out, walk.run, walk.at - walk.run)


cdef int mask_string(Walk *walk, const Rule *rule, Out *out) noexcept nogil:
    """A masked string for the string at walk.at."""
    cdef const unsigned char *start = walk.at + 1
    cdef const unsigned char *end
    cdef Py_ssize_t size
    cdef int escapes, done
    end = string_end(start, walk.end, &escapes)
    if end == NULL:
        return UNFIT
    if show(walk, out) != 0:
        return NO_MEMORY
    size = end - start
    walk.at = walk.run = end + 1
    if escapes:
        done = read_string(&walk.plain, start, end)
        if done != APPENDED:
            return done
        start, size = walk.plain.data, walk.plain.used
    walk.masked.used = 0
    done = mask_cell(rule.text, 0, start, size, &walk.masked)
    if done == IS_NULL:
        return append(out, b"null", 4)
    return done if done != APPENDED else put_string(walk.masked.data, walk.masked.used, out)


cdef int skip_number(Walk *walk) noexcept nogil:
    """To the end of the number at walk.at."""
    cdef const unsigned char *start = walk.at
    while walk.at < walk.end and (is_digit(walk.at[0]) or walk.at[0] in b"+-.eE"):
        walk.at += 1
    return APPENDED if walk.at > start and is_digit((walk.at - 1)[0]) else UNFIT


cdef int mask_number(Walk *walk, const Rule *rule, Out *out) noexcept nogil:
    """A masked number for the number at walk.at."""
    cdef const unsigned char *start = walk.at
    cdef int done
    if show(walk, out) != 0:
        return NO_MEMORY
    if skip_number(walk) != APPENDED:
        return UNFIT
    walk.run = walk.at
    done = mask_cell(rule.number, 0, start, walk.at - start, out)
    return append(out, b"null", 4) if done == IS_NULL else done


cdef int skip_word(Walk *walk) noexcept nogil:
    """To the end of null, true or false at walk.at."""
    cdef Py_ssize_t left = walk.end - walk.at
    if left >= 4 and (memcmp(walk.at, b"null", 4) == 0 or memcmp(walk.at, b"true", 4) == 0):
        walk.at += 4
    elif left >= 5 and memcmp(walk.at, b"false", 5) == 0:
        walk.at += 5
    else:
        return UNFIT
    return APPENDED


cdef int mask_word(Walk *walk, const Rule *rule, Out *out) noexcept nogil:
    """null for null, the constant for true and false."""
    if walk.at[0] == c"n":
        return skip_word(walk)
    if show(walk, out) != 0:
        return NO_MEMORY
    if skip_word(walk) != APPENDED:
        return UNFIT
    walk.run = walk.at
    return append(out, rule.boolean, rule.boolean_size)


cdef int open_container(Walk *walk, int object_) noexcept nogil:
    """Enters the object or array at walk.at, the value of walk.node."""
    if walk.depth == DEPTH:
        return UNFIT
    walk.object[walk.depth], walk.nodes[walk.depth] = <unsigned char> object_, walk.node
    walk.depth += 1
    walk.state = FIRST_KEY if object_ else FIRST_VALUE
    walk.at += 1
    return APPENDED


cdef int close_container(Walk *walk) noexcept nogil:
    """Leaves the object or array that the byte at walk.at ends."""
    if walk.depth == 0 or walk.at[0] != (c"}" if walk.object[walk.depth - 1] else c"]"):
        return UNFIT
    walk.depth -= 1
    walk.state = AFTER
    walk.at += 1
    if walk.depth == walk.hidden:
        walk.hidden, walk.run = SHOWN, walk.at
    return APPENDED


cdef int follow(Walk *walk, int node, const unsigned char *key, Py_ssize_t size) noexcept nogil:
    """The node that a key leads to."""
    cdef const Edge *edge
    cdef int i
    for i in range(walk.parts.edge_count):
        edge = &walk.parts.edges[i]
        if edge.source == node and edge.size == size and memcmp(edge.key, key, size) == 0:
            return edge.target
    return NOWHERE


cdef int walk_key(Walk *walk) noexcept nogil:
    """A key and its colon; or the end of an empty object."""
    cdef const unsigned char *start = walk.at + 1
    cdef const unsigned char *end
    cdef int escapes, done, node = walk.nodes[walk.depth - 1]
    if walk.at[0] == c"}" and walk.state == FIRST_KEY:
        return close_container(walk)
    end = string_end(start, walk.end, &escapes) if walk.at[0] == c'"' else NULL
    if end == NULL:
        return UNFIT
    walk.at = end + 1
    walk.node = NOWHERE
    if node >= 0 and walk.hidden == SHOWN:
        if not escapes:
            walk.node = follow(walk, node, start, end - start)
        else:
            done = read_string(&walk.plain, start, end)
            if done != APPENDED:
                return done
            walk.node = follow(walk, node, walk.plain.data, walk.plain.used)
    skip_space(walk)
    if walk.at == walk.end or walk.at[0] != c":":
        return UNFIT
    walk.at += 1
    walk.state = VALUE
    return APPENDED


cdef int skip_value(Walk *walk) noexcept nogil:
    """Over a scalar that is shown."""
    cdef const unsigned char *end
    cdef int escapes
    if walk.at[0] == c'"':
        end = string_end(walk.at + 1, walk.end, &escapes)
        if end == NULL:
            return UNFIT
        walk.at = end + 1
        return APPENDED
    return skip_number(walk) if is_digit(walk.at[0]) or walk.at[0] == c"-" else skip_word(walk)


cdef int hide_object(Walk *walk, const Rule *rule, Out *out) noexcept nogil:
    """The constant for the object at walk.at; what is in it is passed over."""
    if show(walk, out) != 0 or append(out, rule.object, rule.object_size) != 0:
        return NO_MEMORY
    walk.hidden = walk.depth
    return open_container(walk, True)


cdef int walk_value(Walk *walk, Out *out) noexcept nogil:
    """One value, or the start of a container, or the end of an empty array."""
    cdef unsigned char byte = walk.at[0]
    cdef const Rule *rule = NULL
    if byte == c"]" and walk.state == FIRST_VALUE:
        return close_container(walk)
    if walk.node >= 0 and walk.hidden == SHOWN:
        rule = walk.parts.rules[walk.node]
    if byte == c"{" and rule != NULL:
        return hide_object(walk, rule, out)
    if byte == c"{" or byte == c"[":
        return open_container(walk, byte == c"{")
    walk.state = AFTER
    if rule == NULL:
        return skip_value(walk)
    if byte == c'"':
        return mask_string(walk, rule, out)
    return mask_number(walk, rule, out) if is_digit(byte) or byte == c"-" else mask_word(walk, rule, out)


cdef int walk_on(Walk *walk) noexcept nogil:
    """A comma, or the end of the container."""
    if walk.at[0] != c"," or walk.depth == 0:
        return close_container(walk)
    walk.state = KEY if walk.object[walk.depth - 1] else VALUE
    walk.node = walk.nodes[walk.depth - 1]
    walk.at += 1
    return APPENDED


cdef int walk_all(Walk *walk, Out *out) noexcept nogil:
    """From the start of a document to its end."""
    cdef int done = APPENDED
    while done == APPENDED:
        skip_space(walk)
        if walk.at == walk.end:
            return show(walk, out) if walk.state == AFTER and walk.depth == 0 else UNFIT
        if walk.state == AFTER:
            done = walk_on(walk)
        elif walk.state == KEY or walk.state == FIRST_KEY:
            done = walk_key(walk)
        else:
            done = walk_value(walk, out)
    return done


cdef inline int is_ascii(const unsigned char *value, Py_ssize_t length) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(length):
        if value[i] >= 0x80:
            return False
    return True


cdef int document_text(const Mask *mask, const unsigned char *value, Py_ssize_t length, Out *out) noexcept nogil:
    """A JSON text whose parts are masked. One that is not UTF-8 could have other keys than it seems, and in an
    encoding that is not UTF-8 a byte of a character may look like a quote: then it does not fit."""
    cdef Walk walk
    cdef int done
    walk.parts, walk.at, walk.end, walk.run = <const Parts *> mask.parts, value, value + length, value
    if not is_ascii(value, length) and (walk.parts.ascii or count_characters(value, length) < 0):
        return UNFIT
    walk.state, walk.depth, walk.node, walk.hidden = VALUE, 0, 0, SHOWN
    walk.plain.data = walk.masked.data = NULL
    walk.plain.used = walk.plain.size = walk.masked.used = walk.masked.size = 0
    done = walk_all(&walk, out)
    free(walk.plain.data)
    free(walk.masked.data)
    return done


cdef int document_binary(const Mask *mask, const unsigned char *value, Py_ssize_t length, Out *out) noexcept nogil:
    """jsonb: a version byte, 1, then the text."""
    if length < 1 or value[0] != JSONB_VERSION:
        return UNFIT
    return NO_MEMORY if append(out, value, 1) != 0 else document_text(mask, value + 1, length - 1, out)


cdef int scalar_text(const Mask *mask, const unsigned char *value, Py_ssize_t length, Out *out) noexcept nogil:
    """What ->> gives of a part: the mask of a string's content. An object or an array does not fit: the mask of a text
    might keep its ends."""
    if length > 0 and (value[0] == c"{" or value[0] == c"["):
        return UNFIT
    return mask_cell(mask.element, 0, value, length, out)
