"""PostgreSQL's own functions that do what a command does, by OID.

Source: pg_proc.dat of PostgreSQL 18; an OID below 10,000 never gets another meaning in a later version.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from proxy.model import Oid

OIDS: Final[Mapping[str, tuple[int, ...]]] = MappingProxyType(
    {
        # set_config
        "set": (2078,),
        # pg_notify
        "notify": (3036,),
        # lo_*, loread, lowrite
        "large_object": (
            715, 764, 765, 767, 952, 953, 954, 955, 956, 957, 958, 964, 1004, 3170, 3171, 3172, 3457, 3458,
            3459, 3460,
        ),
        # pg_read_*, pg_ls_*, pg_stat_file, pg_current_logfile, lo_import, lo_export
        "file": (
            764, 765, 767, 2623, 2624, 2625, 3293, 3295, 3297, 3307, 3353, 3354, 3800, 3801, 3826, 3827, 3828, 5029,
            5030, 5031, 6208, 6209, 6270, 6271, 6272, 6400,
        ),
        # pg_advisory_*, pg_try_advisory_*
        "lock": (
            2880, 2881, 2882, 2883, 2884, 2885, 2886, 2887, 2888, 2889, 2890, 2891, 2892, 3089, 3090, 3091,
            3092, 3093, 3094, 3095, 3096,
        ),
        # slots, origins, logical messages
        "replication": (
            3577, 3578, 3779, 3780, 3782, 3783, 3784, 3785, 3786, 3878, 4220, 4221, 4222, 4223, 4224, 6003,
            6004, 6005, 6006, 6007, 6008, 6009, 6010, 6011, 6012, 6013, 6344,
        ),
        # pg_cancel_backend, pg_terminate_backend, pg_reload_conf, pg_rotate_logfile, pg_switch_wal
        "system": (2096, 2171, 2621, 2622, 2848),
    }
)  # fmt: skip

FUNCTION_EFFECTS: Final[Mapping[Oid, frozenset[str]]] = MappingProxyType(
    {
        Oid(oid): frozenset(effect for effect, oids in OIDS.items() if oid in oids)
        for oid in sorted({oid for oids in OIDS.values() for oid in oids})
    }
)
"""Function to the effects that calling it has."""
