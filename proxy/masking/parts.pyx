# cython: language_level=3, boundscheck=False, wraparound=False, autotestdict=False, auto_pickle=False
"""The masks of parts of documents, put together for the kernels of proxy.masking.document."""

from libc.stdlib cimport calloc, free

from proxy.masking.cell cimport Kernel
from proxy.masking.document cimport Edge, Parts, Rule, document_binary, document_text, scalar_text
from proxy.masking.kernels cimport ColumnMask

cdef enum:
    MOST = 4096                  # keys and parts of one document

cdef dict FORMS = {"json": 0, "jsonb": 1, "scalar": 2}
cdef Kernel KERNELS[3][2]
KERNELS[0][0], KERNELS[0][1] = document_text, document_text
KERNELS[1][0], KERNELS[1][1] = document_text, document_binary
KERNELS[2][0], KERNELS[2][1] = scalar_text, scalar_text


cdef class PartRule:
    """What becomes of one part. text, number: masks of a text and of a numeric; boolean, object: constants in JSON."""
    cdef Rule rule
    cdef tuple _held

    def __cinit__(self, ColumnMask text not None, ColumnMask number not None, bytes boolean not None, bytes object not None):
        self._held = (text, number, boolean, object)
        self.rule.text, self.rule.number = &text.mask, &number.mask
        self.rule.boolean, self.rule.boolean_size = boolean, len(boolean)
        self.rule.object, self.rule.object_size = object, len(object)


cdef class DocumentMask(ColumnMask):
    """How the parts of a column's documents are masked. Made with the arguments of a ColumnMask of constants; cover()
    makes it mask parts instead of everything."""
    cdef Parts _parts
    cdef list _owners

    def __dealloc__(self):
        free(<void *> self._parts.edges)
        free(self._parts.rules)

    def cover(self, str form not None, list parts not None, *, bint ascii):
        """form: json, jsonb, or scalar: a part as ->> gives it, with the one part (). parts: (keys, PartRule) each; of
        two with the same keys the first counts. ascii: whether only documents in ASCII can be read.
        Raises ValueError: no such form, too many keys, called twice; MemoryError."""
        if form not in FORMS or self._owners is not None:
            raise ValueError("form: json, jsonb or scalar, once")
        self._build(parts)
        self._parts.ascii = ascii
        self.mask.parts = &self._parts
        if form == "scalar":
            if len(parts) != 1 or parts[0][0]:
                raise ValueError("a scalar is one part")
            self.mask.element = (<PartRule?> parts[0][1]).rule.text
        self.mask.kernels[0], self.mask.kernels[1] = KERNELS[FORMS[form]][0], KERNELS[FORMS[form]][1]

    cdef int _build(self, list parts) except -1:
        cdef dict nodes = {(): 0}
        cdef list edges = [], owners = []
        cdef Edge *made
        cdef Py_ssize_t at
        for keys, rule in parts:
            for at in range(1, len(keys) + 1):
                if keys[:at] not in nodes:
                    nodes[keys[:at]] = len(nodes)
                    name = keys[at - 1].encode()
                    owners.append(name)
                    edges.append((name, nodes[keys[:at - 1]], nodes[keys[:at]]))
        if len(nodes) > MOST:
            raise ValueError("too many keys")
        made = <Edge *> calloc(len(edges) + 1, sizeof(Edge))
        self._parts.edges, self._parts.edge_count = made, <int> len(edges)
        self._parts.rules = <const Rule **> calloc(len(nodes), sizeof(Rule *))
        if made == NULL or self._parts.rules == NULL:
            raise MemoryError
        for at, (name, source, target) in enumerate(edges):
            made[at].key, made[at].size = <const unsigned char *> <const char *> <bytes> name, len(name)
            made[at].source, made[at].target = source, target
        for keys, rule in parts:
            owners.append(rule)
            if self._parts.rules[<int> nodes[keys]] == NULL:
                self._parts.rules[<int> nodes[keys]] = &(<PartRule?> rule).rule
        self._owners = owners
        return 0
