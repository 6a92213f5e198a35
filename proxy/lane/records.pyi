# C functions only: see records.pxd.
