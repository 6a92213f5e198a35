# C functions only: see hooks.pxd.
