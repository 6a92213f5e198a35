# What the journal needs of POSIX threads and atomics; no module stands behind this.

from posix.time cimport timespec

cdef extern from "<pthread.h>" nogil:
    ctypedef struct pthread_t:
        pass
    ctypedef struct pthread_mutex_t:
        pass
    ctypedef struct pthread_cond_t:
        pass
    ctypedef struct pthread_condattr_t:
        pass
    int pthread_mutex_init(pthread_mutex_t *, void *)
    int pthread_mutex_destroy(pthread_mutex_t *)
    int pthread_mutex_lock(pthread_mutex_t *)
    int pthread_mutex_unlock(pthread_mutex_t *)
    int pthread_condattr_init(pthread_condattr_t *)
    int pthread_condattr_setclock(pthread_condattr_t *, int)
    int pthread_cond_init(pthread_cond_t *, pthread_condattr_t *)
    int pthread_cond_destroy(pthread_cond_t *)
    int pthread_cond_signal(pthread_cond_t *)
    int pthread_cond_broadcast(pthread_cond_t *)
    int pthread_cond_timedwait(pthread_cond_t *, pthread_mutex_t *, const timespec *)
    int pthread_join(pthread_t, void **)

cdef extern from *:
    """
    #include <pthread.h>
    #include <signal.h>
    #include <time.h>

    static inline long long pgwarden_load(const long long *value) { return __atomic_load_n(value, __ATOMIC_ACQUIRE); }
    static inline void pgwarden_store(long long *value, long long now) { __atomic_store_n(value, now, __ATOMIC_RELEASE); }

    static inline long long pgwarden_clock_ns(int clock) {
        struct timespec now;
        clock_gettime(clock, &now);
        return now.tv_sec * 1000000000LL + now.tv_nsec;
    }

    /* A thread that takes no signal: those are for Python's main thread. */
    static inline int pgwarden_start(pthread_t *thread, void *(*run)(void *), void *argument) {
        sigset_t all, before;
        int failed;
        sigfillset(&all);
        pthread_sigmask(SIG_SETMASK, &all, &before);
        failed = pthread_create(thread, NULL, run, argument);
        pthread_sigmask(SIG_SETMASK, &before, NULL);
        return failed;
    }
    """
    int CLOCK_MONOTONIC
    int CLOCK_REALTIME
    long long load "pgwarden_load"(const long long *value) noexcept nogil
    void store "pgwarden_store"(long long *value, long long now) noexcept nogil
    long long clock_ns "pgwarden_clock_ns"(int clock) noexcept nogil
    int start_thread "pgwarden_start"(pthread_t *thread, void *(*run)(void *) noexcept nogil, void *argument) noexcept nogil


cdef inline timespec moment(long long ns) noexcept nogil:
    cdef timespec at
    at.tv_sec = ns // 1000000000
    at.tv_nsec = ns % 1000000000
    return at
