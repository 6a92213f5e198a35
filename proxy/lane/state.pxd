"""What the lane knows, as plain C: nothing here needs the GIL. PyObject pointers are carried, never touched."""

from cpython.object cimport PyObject

from proxy.audit.execution cimport Value
from proxy.masking.cell cimport Out
from proxy.masking.copying cimport CopyPlan, CopyState
from proxy.masking.rows cimport Plan
from proxy.observe.histogram cimport Histogram
from proxy.template.lexer cimport Span

# The numbers of proxy/relay/words.py; tests/lane/test_words.py holds the two together.
cdef enum:
    PHASE_READY = 0
    PHASE_EXTENDED = 1
    PHASE_SKIPPING = 2
    PHASE_COPYING_SIMPLE = 3
    PHASE_COPYING_EXTENDED = 4
    PHASE_STREAMING = 5
    PHASE_CLOSING = 6

cdef enum:
    EVENT_QUERY = 0
    EVENT_PARSE = 1
    EVENT_BIND = 2
    EVENT_DESCRIBE = 3
    EVENT_EXECUTE = 4
    EVENT_CLOSE = 5
    EVENT_FLUSH = 6
    EVENT_SYNC = 7
    EVENT_FUNCTION_CALL = 8
    EVENT_COPY_DATA = 9
    EVENT_COPY_DONE = 10
    EVENT_COPY_FAIL = 11
    EVENT_TERMINATE = 12
    EVENT_ERROR_EXTENDED = 13
    EVENT_ERROR_SIMPLE = 14
    EVENT_COPY_IN_SIMPLE = 15
    EVENT_COPY_IN_EXTENDED = 16
    EVENT_COPY_BOTH = 17
    EVENT_STREAM_END = 18

cdef enum:
    OWE_PARSE = 0
    OWE_BIND = 1
    OWE_DESCRIBE_STATEMENT = 2
    OWE_DESCRIBE_PORTAL = 3
    OWE_EXECUTE = 4
    OWE_CLOSE = 5
    OWE_SYNC = 6
    OWE_QUERY = 7
    OWE_FUNCTION_CALL = 8

cdef enum:
    FATE_FORWARD = 0
    FATE_SWALLOW = 1
    FATE_TAP = 2
    FATE_SUPPLY = 3

cdef enum:
    STEP_VIOLATION = 0
    STEP_MORE = 1
    STEP_DONE = 2
    STEP_DESCRIPTION = 3
    STEP_DESCRIBED = 4
    STEP_ROW = 5
    STEP_COMPLETE = 6
    STEP_COPY_IN = 7
    STEP_COPY_OUT = 8
    STEP_COPY_BOTH = 9
    STEP_COPY_ROW = 10
    STEP_READY = 11

cdef enum:  # what a ruling says of its statement; Verdict's constructor takes the same bits
    RULING_REFUSE = 1      # answered with its error
    RULING_ASK = 2         # depends on the session: Python is asked each time
    RULING_FULL_TEXT = 4   # the template does not decide: look the whole text up
    RULING_STATE = 8       # its success changes what names and settings mean
    RULING_NOTIFY = 16     # Python hears of its end
    RULING_TRANSACTION = 32  # may end a transaction or a part of one
    RULING_COPY = 64       # its COPY stream is proven (or its reader is not restricted)
    RULING_TAINTED = 128   # errors and notices may carry what the reader must not see
    RULING_BARRIER = 256   # what follows is decided when this one has ended
    RULING_CHAIN = 512     # several commands: the first is behind it
    RULING_RUNS = 1024     # runs code that nothing proves, beside columns above the reader's clearance

cdef enum:
    HOLD_NOTHING = 0
    HOLD_DRAIN = 1         # until the server has answered everything
    HOLD_PYTHON = 2        # until Python has answered
    HOLD_JOURNAL = 3       # until the journal takes entries again
    HOLD_PAUSE = 4         # a cancel request is on its way

cdef enum:
    DOUBT_LIMIT = 64           # Syncs that a COPY may leave in doubt

cdef enum:
    AUDIT_OFF = 0
    AUDIT_ASYNC = 1
    AUDIT_DURABLE = 2

cdef struct Ruling:
    int refs
    unsigned long long times  # it refused a statement
    int flags
    int columns            # result columns that the analysis saw; -1 where it says nothing
    int values_as          # Execution.values_as
    unsigned int statement  # the journal's reference; 0: nothing is recorded
    const Plan *plan       # NULL: no column is masked
    int masked             # columns with a mask
    const unsigned char *covered  # one byte a column: it has a mask; NULL where none has
    const CopyPlan *copy   # how the masks meet a COPY TO STDOUT; NULL: plan is for rows alone
    PyObject *verdict      # the Verdict that owns everything here; refs keeps it alive
    unsigned char *error   # an ErrorResponse frame
    Py_ssize_t error_size
    unsigned char sqlstate[5]
    Ruling *after          # the next command of the same string; owned by verdict too

cdef struct Prepared:      # a prepared statement, shared by the name and by replies that are due
    int refs
    Py_ssize_t *kept       # the session's account, and what stands there for this one
    Py_ssize_t weight
    Ruling *ruling
    unsigned long long context
    Py_ssize_t size
    unsigned char *parse   # the payload of its Parse: what must be asked again when the moment has passed
    int literals           # of its text, by their places in it: part of each execution's record
    Span *spans
    Py_ssize_t text_at     # where the text starts in parse

cdef struct Bound:         # one execution: a portal, or one command of a simple Query
    int refs
    Py_ssize_t *kept
    Py_ssize_t weight
    Ruling *ruling
    int described          # columns of the last RowDescription; -1: none seen, 0: NoData
    unsigned char *formats  # one byte a column, from RowDescription
    CopyState *copy        # how far a masked COPY TO STDOUT has come; NULL: there is none
    int count
    Value *values          # bound values or literals, copied behind the struct

cdef struct Name:
    Name *next
    unsigned long long hash
    void *value            # Prepared or Bound; NULL: no such name
    unsigned int batch     # Sess.batch when it was last given a value or closed
    int pending            # replies that are due and may bring the old value back
    Py_ssize_t size
    unsigned char text[1]

cdef struct Names:
    Name **buckets
    int size               # a power of two, 0 before the first name
    int count
    Py_ssize_t *kept       # the session's account

cdef struct Owed:
    unsigned char kind
    unsigned char fate
    unsigned char opened   # the journal has an opening entry
    unsigned char started  # output for the client is waiting in the queue
    unsigned char recorded
    unsigned char target   # of a Close: S or P
    unsigned char copied   # ends of COPY data that the client has sent before it was asked for any
    unsigned int early     # Syncs that it had sent by then, the first time
    unsigned char running  # a durable journal counts it as under way
    unsigned char doubtful  # a Sync that the server may have read inside a COPY, where it is ignored
    Bound *bound
    Ruling *ruling         # whose error is supplied, or whose Parse this is
    Name *name             # set by this message; replaced comes back when it fails
    void *replaced
    long long started_us
    long long started_ns
    long long rows
    long long size_bytes
    long long output_at    # where its output starts, counted from the session's first byte
    unsigned long long serial
    int transaction

cdef struct Queue:
    Out out
    Py_ssize_t start       # bytes before it have been sent

cdef struct Run:           # a slice of the chunk at hand that leaves as it came
    const unsigned char *data
    Py_ssize_t size

cdef struct Protected:     # (relation, attnum) above the reader's clearance, open addressing, 0 is free
    unsigned long long *slots
    Py_ssize_t size

cdef enum:
    SPANS = 1024               # literals or bound values that one statement's record keeps

cdef struct Workspace:         # one a lane: what is needed while one frame is looked at
    Out key
    Span spans[1024]
    Value values[1024]

cdef enum:                     # Counters.statements, by what became of them
    COUNT_ALLOWED = 0
    COUNT_MASKED = 1
    COUNT_REFUSED = 2
    COUNT_FAILED = 3

cdef struct Counters:      # one set a lane; the metrics read them
    unsigned long long statements[8]     # allowed, masked, refused, failed, …
    unsigned long long rows
    unsigned long long rows_masked
    unsigned long long cells_masked
    unsigned long long bytes_from_client
    unsigned long long bytes_from_server
    unsigned long long bytes_to_client
    unsigned long long bytes_to_server
    unsigned long long cache_hits
    unsigned long long cache_misses
    unsigned long long probes
    unsigned long long scrubbed
    unsigned long long convicted
    Histogram added[2]     # what the proxy added: to the request, to the reply

cdef struct Sess:
    PyObject *owner        # the Session object, for hooks
    PyObject *spool
    PyObject *table
    Counters *counters
    Workspace *work
    const unsigned char *moves
    const unsigned char *answers
    int phase
    int status             # ReadyForQuery: I, T or E
    int restricted
    int hold
    int flushed            # a Flush of ours follows the last message that was sent
    int barrier            # what was sent may change what names mean
    int dirty              # the session's state must be asked again
    int ran                # since the last ReadyForQuery a statement of RULING_RUNS has run
    int ran_ever           # or in the session's life
    int touched            # this transaction changed the state
    int failed             # the session is over: why is in reason
    int told_end           # the server's FATAL has been passed on: nothing is appended to it
    int doubt_paid         # since a COPY failed over doubtful Syncs, one has been answered
    int busy               # frames are being looked at: Python answers later, never from inside
    const char *reason
    unsigned long long context
    int lex_options
    Protected shield
    unsigned int session
    unsigned long long serial
    unsigned int batch     # grows with every Sync, Query and FunctionCall that is sent
    int audit
    Owed *ring
    unsigned int ring_size
    unsigned int head
    unsigned int tail
    Names statements
    Names portals
    Py_ssize_t kept        # bytes of statements, portals and their names
    Queue to_server
    Queue to_client
    Run run_server
    Run run_client
    Out from_client
    Out from_server
    Py_ssize_t client_stream  # bytes of a message of the client still to pass
    int client_stream_fate    # FATE_FORWARD or FATE_SWALLOW
    Py_ssize_t server_stream
    int server_stream_fate    # FATE_FORWARD or FATE_SWALLOW
    long long queued       # bytes ever put out for the client
    long long sent
    long long mark         # bytes that may leave once the journal has reached mark_position
    long long mark_position
    long long last_position
    Out tap
    int tapping
    int tap_overflow
    Ruling *answer         # Python's answer to the frame that is held
    int answer_parsed      # the server has taken that Parse already
    Ruling *fallback_portal
    Ruling *fallback_call
    Ruling *fallback_large  # refuses a message over the limit
    Py_ssize_t buffer_limit
    Py_ssize_t message_limit
    Py_ssize_t tap_limit
    int client_open        # sockets: the client may still send
    int server_open
    long long now_ns
    long long now_us
