# C functions only: see ledger.pxd.
