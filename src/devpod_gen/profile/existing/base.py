"""Well-known images: the language that a name says, its version, and users of other ones."""

from devpod_gen.regex import late

# An image's name and the tool that it is made for: those of Docker's library and Microsoft's.
_TOOLS = {
    "golang": "go",
    "go": "go",
    "node": "node",
    "javascript-node": "node",
    "typescript-node": "node",
    "python": "python",
    "ruby": "ruby",
    "rust": "rust",
    "php": "php",
    "java": "java",
    "dotnet": "dotnet",
    "eclipse-temurin": "java",
    "openjdk": "java",
    "elixir": "elixir",
}
USERS = "(?:vscode|codespace|gitpod|node)"
"""Users of well-known images, who are not there in ours."""
HOMES = late(rf"/home/{USERS}\b")
"""Their homes."""
_LIBRARY = late(r"(?:docker\.io/)?(?:library/)?([a-z-]+):()(\d+(?:\.\d+){0,2})(?:-[\w.-]*)?")
# Of Microsoft's, the tag may begin with the version of the image itself: 1-3.11-bookworm.
_DEV = late(
    r"mcr\.microsoft\.com/(?:vscode/)?devcontainers/([a-z-]+):"
    r"(\d+(?:\.\d+){0,2}-|dev-)?(\d+(?:\.\d+){0,2})(?:-[\w.-]*)?"
)


def versions(image: object) -> tuple[tuple[str, str], ...]:
    """The tool and version that the image's name states; nothing where it is not certain."""
    if not isinstance(image, str):
        return ()
    of_microsoft = _DEV.fullmatch(image)
    match = of_microsoft or _LIBRARY.fullmatch(image)
    if not match or match[1] not in _TOOLS:
        return ()
    # Of Microsoft's, a lone small number may be the version of the image itself.
    if of_microsoft and not match[2] and len(match[3]) == 1:
        return ()
    return ((_TOOLS[match[1]], match[3]),)
