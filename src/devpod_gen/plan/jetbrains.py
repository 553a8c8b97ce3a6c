"""JetBrains' products, and the one whose backend is put into the image."""

from devpod_gen.profile.jetbrains import Bake
from devpod_gen.value import dataclass

CODES = {
    "CLion": "CL",
    "DataGrip": "DB",
    "DataSpell": "DS",
    "GoLand": "GO",
    "IntelliJ": "IU",
    "PhpStorm": "PS",
    "PyCharm": "PY",
    "Rider": "RD",
    "RubyMine": "RM",
    "RustRover": "RR",
    "WebStorm": "WS",
}
"""Each product's name, as a profile has it, and its code, as links and its own
`product-info.json` have it."""

GENERAL = "IntelliJ"
"""The product for a profile that says none, by itself or by its stacks."""

FOLDER = "/opt/jetbrains"
"""Below it, in an image, each backend has a folder by its product's name."""

RECIPE = "jetbrains"
"""The folder of images/ that puts it there."""


@dataclass(frozen=True, slots=True)
class BakePlan:
    """A backend that is put into the image: an archive by its sha256, wherever it is.

    `path`: as the profile has it, from the repo's top, absolute or below `~`; or `url`.
    """

    product: str
    sha256: str
    path: str | None = None
    url: str | None = None

    @property
    def args(self) -> tuple[tuple[str, str], ...]:
        """What makes it another image. Where the archive is found does not."""
        return ("CODE", CODES[self.product]), ("PRODUCT", self.product), ("SHA256", self.sha256)

    @property
    def is_of_repo(self) -> bool:
        """Whether nothing outside of the repo is taken in."""
        path = self.path or "/"
        return not path.startswith(("/", "~")) and ".." not in path.split("/")

    @property
    def folder(self) -> str:
        """Where it is in the image."""
        return f"{FOLDER}/{self.product}"


def resolve_bake(bake: Bake | None, product: str) -> BakePlan | None:
    """Decide it: it is the main product's."""
    return BakePlan(product, bake.sha256, bake.path, bake.url) if bake else None
