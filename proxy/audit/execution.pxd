# What the lane says of one executed statement. Names are a contract with proxy/lane; `spool.pxd` hands them on.

cdef struct Value:
    const unsigned char *data
    int length                    # -1: NULL
    int kind                      # 0 literal text as written, 1 parameter text, 2 parameter binary

cdef struct Execution:
    long long started_us          # Unix epoch
    long long duration_us
    long long rows
    long long size_bytes          # bytes of result sent to the client
    unsigned long long serial     # number of this execution in its session; pairs an opening with its closing
    unsigned int session          # reference from define_session
    unsigned int statement        # reference from define_statement
    int part                      # 0 whole, 1 opening, 2 closing
    int outcome                   # 0 ok, 1 error, 2 refused, 3 cancelled/terminated, 4 suspended, 5 unknown
    int values_as                 # 0 none stored, 1 clear, 2 keyed digest
    int transaction               # ReadyForQuery status byte in force when it started: 'I' 'T' 'E'
    unsigned char sqlstate[5]     # zeros when none
