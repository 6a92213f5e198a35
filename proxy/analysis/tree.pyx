# cython: language_level=3, boundscheck=False, wraparound=False
"""Reads what nodeToString writes (PostgreSQL, nodes/outfuncs.c, read.c), as stored in the catalogs or printed in a DETAIL.

A printed tree was cut into lines by format_node_dump (nodes/print.c): a newline stands for a space, or was put between two
bytes of a line of 78 bytes in which no space could be replaced. The second kind cannot be told from the first, so a
tree that may hold one is refused: it needs a name of some fifteen parentheses, braces or backslashes and no space.
"""
cimport cython
from cpython.dict cimport PyDict_SetItem
from cpython.list cimport PyList_Append
from cpython.unicode cimport PyUnicode_DecodeUTF8
from libc.string cimport memchr, memcmp

cdef extern from "Python.h":
    const char *PyUnicode_AsUTF8(object text) except NULL

cdef enum:
    LINE = 78  # print.c, LINELEN
    SHORTEST = 19  # LINE less one in bytes of the server is at least so many in another encoding: 4 bytes became 1
    SLOTS = 1024
    DEEPEST = 10000  # a level takes some 300 bytes of stack

cdef enum Form:
    STORED
    PRINTED
    RECODED


@cython.final
@cython.freelist(256)
@cython.no_gc  # a tree has no cycles
cdef class Node:
    """{NAME :field value …}. fields: None (<>), int, str, bytes (a Datum), list of int or str. children: the fields that
    hold nodes: a Node, or a list in which there is one."""
    cdef readonly str name
    cdef readonly dict fields, children

    def __init__(self, str name not None, dict fields not None, dict children not None):
        self.name, self.fields, self.children = name, fields, children

    def get(self, str field not None):
        """The field's value; None where it is null or missing."""
        cdef object found = self.children.get(field)
        return self.fields.get(field) if found is None else found


cdef str _text(const unsigned char *data, Py_ssize_t length, bint escaped):
    """A token without its backslashes; a protected newline may have been a space, so it becomes one."""
    cdef bytearray plain
    cdef Py_ssize_t i = 0
    if not escaped:
        return PyUnicode_DecodeUTF8(<const char *>data, length, "surrogateescape")
    plain = bytearray()
    while i < length:
        if data[i] == c'\\' and i + 1 < length:
            i += 1
        plain.append(c' ' if data[i] == c'\n' else data[i])
        i += 1
    return plain.decode("utf-8", "surrogateescape")


cdef object _number(const unsigned char *data, Py_ssize_t length):
    """An int; a str where it is a number of another kind. At most 18 bytes."""
    cdef long long value = 0
    cdef Py_ssize_t i = 1 if data[0] == c'-' else 0
    while i < length:
        if not c'0' <= data[i] <= c'9':
            return _text(data, length, False)
        value = value * 10 + (data[i] - c'0')
        i += 1
    return -value if data[0] == c'-' else value


cdef int _flatten(object value, list found) except -1:
    """The nodes of a list, of lists of lists too (prosqlbody)."""
    if type(value) is Node:
        found.append(value)
    elif type(value) is list:
        for element in <list>value:
            _flatten(element, found)
    elif value is not None:
        raise ValueError("tree: no node")
    return 0


@cython.final
cdef class TreeReader:
    """Reads one tree at a time, for one thread. size_bytes: the longest text taken; depth: the most levels of nodes and
    lists. Every method takes bytes (n,) and raises ValueError: not a tree, over a limit, or ambiguous. No message
    holds a byte of the text."""
    cdef list _names
    cdef const unsigned char *_data
    cdef Py_ssize_t _at, _end, _size
    cdef int _depth, _form

    def __cinit__(self, *, Py_ssize_t size_bytes=4 << 20, int depth=4000):
        if not 0 < depth <= DEEPEST or size_bytes < 0:
            raise ValueError("depth or size_bytes is out of range")
        self._names, self._size, self._depth = [None] * SLOTS, size_bytes, depth

    def stored(self, bytes text not None):
        """The top-level nodes of a pg_node_tree column."""
        return self._read(text, STORED)

    def printed(self, bytes text not None):
        """Those of a DETAIL in the server's own encoding, or of ASCII alone."""
        return self._read(text, PRINTED)

    def recoded(self, bytes text not None):
        """Those of a DETAIL that was converted: to the client's encoding by the server, to UTF-8 by the caller."""
        return self._read(text, RECODED)

    cdef tuple _read(self, bytes text, int form):
        cdef list found = []
        cdef bint holds = False
        if len(text) > self._size:
            raise ValueError("tree: longer than the limit")
        self._data, self._at, self._end, self._form = text, 0, len(text), form
        value = self._value(0, &holds)
        self._skip()
        if self._at != self._end:
            raise self._wrong("something follows the tree")
        _flatten(value, found)
        return tuple(found)

    cdef object _wrong(self, str what):
        return ValueError(f"tree: {what} at byte {self._at}")

    cdef bint _ambiguous(self, Py_ssize_t newline) noexcept:
        """Whether the newline may have been put between two bytes. print.c: then the 78 bytes before it are a line,
        and none but the first of them is a space."""
        cdef const unsigned char *data = self._data
        cdef Py_ssize_t i, start = newline - LINE
        if self._form == RECODED:
            for i in range(newline - 1, -1 if start < 0 else start - 1, -1):
                if data[i] >= 0x80:  # how long the line was is not known
                    i = max(0, newline - SHORTEST)
                    return memchr(data + i, c' ', newline - i) == NULL
        if start < 0 or (start > 0 and data[start - 1] != c'\n'):
            return False
        return memchr(data + start + 1, c' ', LINE - 1) == NULL

    cdef int _skip(self) except -1:
        """Over the white space between tokens."""
        while self._at < self._end:
            if self._data[self._at] == c'\n' and self._form != STORED:
                if self._ambiguous(self._at):
                    raise self._wrong("a line break may divide a token")
            elif self._data[self._at] != c' ':
                break
            self._at += 1
        return 0

    cdef str _word(self):
        """A node's or field's name: letters, digits, _ and dots, the same object for the same word."""
        cdef const unsigned char *data = self._data
        cdef Py_ssize_t start = self._at, length
        cdef unsigned int hash = 5381
        cdef unsigned char byte
        cdef str word
        while self._at < self._end:
            byte = data[self._at]
            if not (c'a' <= byte <= c'z' or c'A' <= byte <= c'Z' or c'0' <= byte <= c'9' or byte == c'_' or byte == c'.'):
                break
            hash = hash * 33 + byte
            self._at += 1
        length = self._at - start
        if not 0 < length <= 64:
            raise self._wrong("no name")
        hash = (hash ^ (hash >> 10)) % SLOTS
        word = self._names[hash]
        if word is None or len(word) != length or memcmp(PyUnicode_AsUTF8(word), data + start, length) != 0:
            word = PyUnicode_DecodeUTF8(<const char *>data + start, length, NULL)
            self._names[hash] = word
        return word

    cdef object _value(self, int depth, bint *holds):
        """A value of any kind. holds becomes true where there is a node in it."""
        cdef unsigned char byte
        self._skip()
        if self._at >= self._end:
            raise self._wrong("the end, where a value should be")
        if depth > self._depth:
            raise self._wrong("nested deeper than the limit")
        byte = self._data[self._at]
        if byte == c'{':
            self._at += 1
            holds[0] = True
            return self._node(depth)
        if byte == c'(':
            self._at += 1
            return self._list(depth, holds)
        return self._token()

    cdef Node _node(self, int depth):
        cdef dict fields = {}, children = {}
        cdef str name = self._word(), field
        cdef Py_ssize_t count = 0
        cdef bint holds
        while True:
            self._skip()
            if self._at < self._end and self._data[self._at] == c'}':
                break
            if self._at >= self._end or self._data[self._at] != c':':
                raise self._wrong("no field")
            self._at += 1
            field = self._word()
            if self._at >= self._end or self._data[self._at] not in b" \n":
                raise self._wrong("no space behind a field's name")
            holds = False
            value = self._value(depth + 1, &holds)
            if type(value) is int:
                value = self._datum(value)
            PyDict_SetItem(children if holds else fields, field, value)
            count += 1
        self._at += 1
        if count != len(fields) + len(children):
            raise self._wrong("a field stands twice")
        return Node(name, fields, children)

    cdef object _datum(self, object length):
        """outDatum prints a length, then every byte as a signed number in brackets; of a value passed by value eight."""
        cdef bytearray found
        self._skip()
        if self._at >= self._end or self._data[self._at] != c'[':
            return length
        self._at += 1
        found = bytearray()
        while True:
            self._skip()
            if self._at < self._end and self._data[self._at] == c']':
                break
            value = self._token()
            if type(value) is not int or not -128 <= value <= 255:
                raise self._wrong("no byte of a datum")
            found.append(value & 255)
        self._at += 1
        if len(found) != length and not (len(found) == 8 and length <= 8):
            raise self._wrong("a datum of another length than stated")
        return bytes(found)

    cdef list _list(self, int depth, bint *holds):
        """Of nodes; or of numbers, where a letter (b, i, o, x) follows the parenthesis. Elements that are not nodes are
        strings in quotes, numbers, true, false and <>."""
        cdef list found = []
        cdef bint numbers = False
        cdef unsigned char byte
        if self._at + 1 < self._end and self._data[self._at] in b"biox" and self._data[self._at + 1] in b" )\n":
            numbers = True
            self._at += 1
        while True:
            self._skip()
            if self._at >= self._end:
                raise self._wrong("the end, inside a list")
            byte = self._data[self._at]
            if byte == c')':
                self._at += 1
                return found
            if not (c'0' <= byte <= c'9' or byte == c'-' or (not numbers and byte in b'{("+<tf')):
                raise self._wrong("no element of a list")
            value = self._value(depth + 1, holds)
            if numbers and type(value) is not int:
                raise self._wrong("no number")
            if byte in b"tf" and value not in ("true", "false"):
                raise self._wrong("no element of a list")
            PyList_Append(found, value)

    cdef object _token(self):
        """Everything up to white space or one of (){}, a backslash protecting the byte behind it."""
        cdef const unsigned char *data = self._data
        cdef Py_ssize_t start = self._at, length
        cdef bint escaped = False
        cdef unsigned char byte
        while self._at < self._end:
            byte = data[self._at]
            if byte == c' ' or byte == c'\n' or byte == c'(' or byte == c')' or byte == c'{' or byte == c'}':
                break
            if byte == c'\\':
                escaped = True
                self._at += 1
                if self._at >= self._end:
                    raise self._wrong("the end, behind a backslash")
                if data[self._at] == c'\n' and self._form != STORED and self._ambiguous(self._at):
                    raise self._wrong("a line break may divide a token")
            self._at += 1
        length = self._at - start
        if length == 0:
            raise self._wrong("no token")
        byte = data[start]
        if byte == c'"':
            if length < 2 or data[self._at - 1] != c'"':
                raise self._wrong("a string without its end")
            return _text(data + start + 1, length - 2, escaped)
        if not escaped:
            if length == 2 and byte == c'<' and data[start + 1] == c'>':
                return None
            if length <= 18 and (c'0' <= byte <= c'9' or (byte == c'-' and length > 1)):
                return _number(data + start, length)
        return _text(data + start, length, escaped)
