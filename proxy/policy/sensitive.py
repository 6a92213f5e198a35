"""Names that look as if a column held something to protect. They decide nothing: `check` and the start-up warn."""

import re
from typing import Final

LOOKS: Final = tuple(
    (label, re.compile(pattern, re.IGNORECASE))
    for label, pattern in (
        ("a credential", r"passw(or)?d|passphrase|(^|_)(pwd|secret|api_?key|private_?key|otp|cvv2?|cvc)(_|$)"),
        ("a credential", r"(access|refresh|auth|session|bearer)_?token"),
        ("a payment card", r"(^|_)(card|cc)_?(no|num|number)$|(^|_)pan$"),
        ("a bank account", r"(^|_)iban$|bank_?account|(^|_)account_?(no|num|number)$"),
        ("a national id", r"(^|_)(ssn|nino|tin|vat_?id|tax_?(id|no|number)|national_?id|passport)(_|$)"),
        ("health data", r"diagnos[ie]s|medical|blood_?type|(^|_)mrn$"),
        ("a special category of data", r"(^|_)(religion|ethnicity|sexual_?orientation)(_|$)"),
        ("an e-mail address", r"(^|_)e_?mail(_?addr(ess)?)?$"),
        ("a phone number", r"(^|_)(phone|telephone|mobile|fax|msisdn)(_?(no|num|number))?$"),
        ("an address", r"(^|_)(street|post_?code|zip_?code|home_?address|address_?line_?\d?)$"),
        ("a name of a person", r"(^|_)((first|last|middle|maiden|given|family|full|sur)_?name)$"),
        ("a date of birth", r"(^|_)(dob|birth_?(date|day)|date_?of_?birth)$"),
        ("an income", r"(^|_)(salary|income|wage)(_|$)"),
        ("a network address", r"(^|_)(client_?|remote_?)?(ip|ip_?addr(ess)?)$"),
    )
)
"""What it looks like, and by which names."""


def looks_like(column: str) -> str | None:
    """What a column of that name probably holds; None where nothing comes to mind."""
    return next((label for label, pattern in LOOKS if pattern.search(column)), None)
