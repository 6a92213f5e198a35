# C functions only: see link.pxd.
