"""FunctionCall, which carries no SQL."""

from tests.drivers.frontend import BINARY, TEXT, function_call, int4, query
from tests.drivers.recorder import READY, Until, conversation

INT4PL, CURRENT_SETTING, LENGTH = 177, 2077, 1317

FUNCTION_CALLS = (
    conversation("a function call with binary arguments", function_call(INT4PL, int4(40), int4(2)), READY),
    conversation(
        "a function call with text arguments", function_call(INT4PL, b"40", b"2", formats=(TEXT,), result=TEXT), READY
    ),
    conversation("a function call without formats", function_call(LENGTH, b"abc", formats=(), result=TEXT), READY),
    conversation(
        "a function call with mixed formats", function_call(INT4PL, b"40", int4(2), formats=(TEXT, BINARY)), READY
    ),
    conversation("a function call with NULL", function_call(INT4PL, None, int4(2)), READY),
    conversation("a function that fails", function_call(CURRENT_SETTING, b"no.such"), READY, query("select 1"), READY),
    conversation("a function that does not exist", function_call(1), READY, query("select 1"), READY),
    conversation(
        "a function call in a failed transaction",
        query("begin; select 1/0"),
        READY,
        function_call(INT4PL, int4(1), int4(2)),
        READY,
        query("rollback"),
        READY,
    ),
    conversation(
        "function calls in one write", function_call(INT4PL, int4(1), int4(2)) * 3 + query("select 1"), Until(count=4)
    ),
)
