"""A mask as a rule file writes it, kept as a node until the masking room's own types decode it."""

import importlib
from typing import TYPE_CHECKING, Any

import msgspec

from proxy.config.document import Mapping, Node, Scalar
from proxy.config.problems import Place

if TYPE_CHECKING:
    from proxy.config.decode import Decoder, Missing


class MaskNode(msgspec.Struct, frozen=True):
    """One mask. method: a member of AnyMethod."""

    method: object
    place: Place

    @classmethod
    def decode_node(cls, node: Node, decoder: "Decoder") -> "MaskNode | Missing":
        """The mask, or problems."""
        if isinstance(node, Scalar) and node.value is not None:  # `ssn: redact` for {method: redact}
            node = Mapping(node.place, ((Scalar(node.place, "method"), node),))
        method = decoder.decode(node, _methods())
        return decoder.missing if method is decoder.missing else cls(method, node.place)


def _methods() -> Any:
    """The union of every method; importing it late spares who reads only a configuration."""
    return importlib.import_module("proxy.masking.methods").AnyMethod
