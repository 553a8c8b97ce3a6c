"""Variables by which a value becomes code: whoever sets one has programs run what it names,
also those that nobody thinks of as the repo's, and some of root's."""

import re

_STEERING = re.compile(
    r"LD_\w+|GCONV_PATH|GLIBC_TUNABLES|TAR_OPTIONS"
    r"|BASH_ENV|ENV|ZDOTDIR|PROMPT_COMMAND|PS[0-4]|IFS|SHELLOPTS|BASHOPTS"
    r"|GIT_(?:SSH|SSH_COMMAND|ASKPASS|PAGER|EDITOR|SEQUENCE_EDITOR|EXTERNAL_DIFF|EXEC_PATH)"
    r"|GIT_(?:CONFIG\w*|PROXY_COMMAND|TEMPLATE_DIR|DIR|WORK_TREE)|SSH_ASKPASS|SSH_AUTH_SOCK"
    r"|(?:VISUAL|EDITOR|PAGER|BROWSER|LESSOPEN|LESSCLOSE|MANPAGER)"
    r"|PYTHON(?:STARTUP|HOME|PATH|WARNINGS|BREAKPOINT)|PERL5(?:OPT|LIB|DB)|RUBY(?:OPT|LIB)"
    r"|NODE_(?:OPTIONS|PATH)|(?:_JAVA|JAVA_TOOL|JDK_JAVA|MAVEN)_OPTIONS|MAVEN_OPTS|GRADLE_OPTS"
    r"|DOTNET_STARTUP_HOOKS|RUSTC_WRAPPER|RUSTC|CARGO_\w*RUNNER|MAKEFLAGS|MAKEFILES"
    r"|DOCKER_(?:HOST|CONFIG)|COMPOSE_\w+|\w+_proxy|\w+_PROXY"
)


def steers(name: str) -> bool:
    """Whether a variable of this name says what programs run, or whom they talk to."""
    return _STEERING.fullmatch(name) is not None
