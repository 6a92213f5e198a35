# C functions only: see memory.pxd.
