class Spool:
    wake_fd: int
