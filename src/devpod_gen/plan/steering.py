"""Variables by which a value becomes code: whoever sets one has programs run what it names,
also those that nobody thinks of as the repo's, and some of root's."""

from devpod_gen.regex import late

_STEERING = late(
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

_LEADING = late(
    r"(?i:npm_config)_\w+|(?:YARN|PNPM|BUN|COREPACK|UV|POETRY|PDM|MISE|BUNDLE|GEM|COMPOSER)_\w+"
    r"|PIP_(?:INDEX_URL|EXTRA_INDEX_URL|FIND_LINKS|TRUSTED_HOST|CERT|CONFIG_FILE|CONSTRAINT|TARGET)"
    r"|GO(?:PROXY|FLAGS|ENV|TOOLCHAIN|PRIVATE|INSECURE|SUMDB|NOSUMDB|NOPROXY|AUTH|VCS)"
    r"|CARGO_(?:HOME|REGISTR|SOURCE|BUILD|NET|HTTP)\w*|RUSTUP_\w+|RUSTC_WORKSPACE_WRAPPER"
    r"|SSL_CERT_(?:FILE|DIR)|OPENSSL_\w+|REQUESTS_CA_BUNDLE|CURL_(?:CA_BUNDLE|HOME)|WGETRC"
    r"|GIT_SSL_\w+|NODE_(?:EXTRA_CA_CERTS|TLS_REJECT_UNAUTHORIZED)|AWS_(?:CA_BUNDLE|CONFIG_FILE)"
    r"|KUBECONFIG|GNUPGHOME|HOSTALIASES|LOCALDOMAIN|RESOLV\w*|XDG_(?:CONFIG|DATA)_(?:HOME|DIRS)"
    r"|INPUTRC|VIMINIT|EXINIT|FPATH|CDPATH|\w+_PAGER|\w+_EDITOR|\w+_ASKPASS|CLASSPATH"
    r"|JAVA_HOME|GRADLE_USER_HOME|MAVEN_(?:ARGS|CONFIG)|(?:SBT|JAVA|KOTLIN)_OPTS"
    r"|DOTNET_\w*(?:ROOT|DEPS|PROFILER)\w*|CORECLR_\w+|NUGET_\w+"
    r"|LUA_(?:INIT|PATH|CPATH)|PHPRC|PHP_INI_SCAN_DIR|JULIA_LOAD_PATH|R_(?:HOME|PROFILE|ENVIRON)\w*"
    r"|PSQLRC|STARSHIP_CONFIG|DIRENV_\w+|TMUX\w*|PYTHONUSERBASE|VIRTUAL_ENV"
)


def leads(name: str) -> bool:
    """Whether a variable of this name says where programs get code and settings from, or
    whom they believe. As a secret it may be: an index's address with a password."""
    return steers(name) or _LEADING.fullmatch(name) is not None


def steers(name: str) -> bool:
    """Whether a variable of this name says what programs run, or whom they talk to."""
    return _STEERING.fullmatch(name) is not None
