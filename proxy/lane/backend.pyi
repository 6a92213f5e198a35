# C functions only: see backend.pxd.
