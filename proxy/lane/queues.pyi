# C functions only: see queues.pxd.
