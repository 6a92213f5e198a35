# C functions only: see turns.pxd.
