"""How far a pull is: read from what the client shows of each layer."""

from collections.abc import Callable
from dataclasses import field

from devpod_gen.engine.model import Fetched
from devpod_gen.regex import late
from devpod_gen.value import dataclass

_LAYER = late(r"([0-9a-f]{12}): (.+?)\s*$")
_BYTES = late(r"([0-9.]+)([kMGT]?)B/([0-9.]+)([kMGT]?)B")
_UNITS = {"": 1, "k": 10**3, "M": 10**6, "G": 10**9, "T": 10**12}
_DONE = ("Pull complete", "Already exists")
_STATES = (
    *("Pulling fs layer", "Waiting", "Downloading", "Verifying Checksum", "Download complete"),
    *("Extracting", "Retrying in", *_DONE),
)


@dataclass(slots=True)
class _Layer:
    got: float = 0.0
    whole: float = 0.0
    done: bool = False


@dataclass(slots=True)
class Layers:
    """The layers of an image that is being pulled. It is called with what the client shows."""

    ref: str
    on_change: Callable[[Fetched], None]
    _layers: dict[str, _Layer] = field(default_factory=dict)

    def __call__(self, text: str) -> None:
        """Take in a piece of what is shown; all that is no layer's state is nothing."""
        told = _LAYER.match(text)
        if not told or not told[2].startswith(_STATES):
            return
        layer = self._layers.setdefault(told[1], _Layer())
        numbers = _BYTES.search(told[2])
        if told[2].startswith("Downloading") and numbers:
            layer.got = float(numbers[1]) * _UNITS[numbers[2]]
            layer.whole = float(numbers[3]) * _UNITS[numbers[4]]
        elif told[2].startswith(("Verifying", "Download complete", "Extracting", "Pull complete")):
            layer.got = layer.whole
        layer.done = told[2].startswith(_DONE)
        self.on_change(self.fetched())

    def fetched(self) -> Fetched:
        """How far it is."""
        layers = self._layers.values()
        done = sum(layer.done for layer in layers)
        return Fetched(self.ref, len(layers), done, int(sum(layer.got for layer in layers)))
