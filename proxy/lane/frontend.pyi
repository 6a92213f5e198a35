# C functions only: see frontend.pxd.
