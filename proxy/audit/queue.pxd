# What lane and writer share: two buffers of items that change places, and the definitions the items refer to.

from proxy.audit.blake2b cimport Keyed
from proxy.audit.codec cimport ValueLimits
from proxy.audit.execution cimport Execution, Value
from proxy.audit.shelf cimport Shelf
from proxy.audit.threads cimport pthread_cond_t, pthread_mutex_t
from proxy.observe.histogram cimport Histogram

cdef enum:
    MODE_OFF = 0
    MODE_ASYNC = 1
    MODE_DURABLE = 2

cdef enum:
    STATE_NEW = 0
    STATE_RUNNING = 1
    STATE_CLOSED = 2
    STATE_FAILED = 3

cdef enum:
    TASK_STOP = 0                 # the queue is stopping and empty
    TASK_COMMIT = 1
    TASK_RESERVE = 2
    TASK_FINISH = 3               # the lane has framed entries and cannot write them

cdef enum:
    RESERVE_NONE = 0
    RESERVE_WANTED = 1
    RESERVE_UNDER_WAY = 2

cdef struct Buffer:
    unsigned char *data
    Py_ssize_t used
    long long first_ns            # when its first item came; 0: empty

cdef struct NoteItem:             # begins as codec.Item; the JSON follows
    unsigned int size
    unsigned int kind
    unsigned int session
    unsigned int length
    unsigned long long serial
    long long time_us

cdef struct Queue:
    pthread_mutex_t lock
    pthread_cond_t filled         # for the writer: there is something to do
    pthread_cond_t moved          # for others: durable has moved, or never will
    Buffer buffers[2]             # [active] takes items, the other one is the writer's
    Py_ssize_t size               # of each
    int active
    int mode
    int state
    int idle                      # the writer waits
    int stopping
    int urgent                    # async: do not wait for the time to be up
    int driven                    # the lane commits, and the writer's thread only helps
    int lent                      # until the thread has done what the lane cannot
    int busy                      # the thread is at a commit
    int poked                     # driven: the lane is awake, or has been told that it must look
    int unfinished                # lent with entries that are framed and not written
    int reserve                   # RESERVE_…: zeros behind the entries
    long long timer_ns            # driven: when the timer goes off that was set last
    int timer_fd                  # -1: there is none, and the lane does not commit
    int wake_fd
    int error                     # errno of what failed
    const char *failed            # what failed
    long long flush_ns
    long long running             # durable: statements under way whose items will come; atomic
    int gathering                 # the writer waits for them
    long long appended            # position of the last item
    long long durable             # position of the last item on disk; atomic
    long long draining_ns         # first_ns of the buffer that the writer has; 0: none
    long long refused
    long long written             # bytes
    long long commits
    Histogram commit_times
    Shelf sessions
    Shelf statements
    ValueLimits limits
    Keyed digests

cdef int queue_open(Queue *queue, int mode, Py_ssize_t size) noexcept nogil
cdef void queue_close(Queue *queue) noexcept nogil
cdef long long queue_execution(Queue *queue, const Execution *execution, const Value *values, int count) noexcept nogil
cdef void queue_running(Queue *queue, int more) noexcept nogil
cdef long long queue_note(Queue *queue, const NoteItem *head, const unsigned char *json) noexcept nogil
cdef void queue_fail(Queue *queue, int error, const char *what) noexcept nogil
cdef int queue_wait(Queue *queue, long long position, long long timeout_ns) noexcept nogil
cdef void queue_hurry(Queue *queue) noexcept nogil
