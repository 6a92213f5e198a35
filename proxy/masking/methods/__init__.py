"""Every masking method, for decoder, check and docs: one module, one line here."""

from typing import TypeAlias

from proxy.masking.methods.auto import Auto
from proxy.masking.methods.email import Email
from proxy.masking.methods.fixed import Fixed
from proxy.masking.methods.hash import Hash
from proxy.masking.methods.null import Null
from proxy.masking.methods.partial import Partial
from proxy.masking.methods.redact import Redact

AnyMethod: TypeAlias = Auto | Email | Fixed | Hash | Null | Partial | Redact
