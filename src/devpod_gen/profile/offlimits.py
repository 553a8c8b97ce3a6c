"""Places of a host that are refused as the source of a mount, by their usual names.

What is compared with a real machine is in `devpod_gen.workspace.guarded`, which knows more.
"""

from devpod_gen.profile.nesting import covers

SYSTEM = (
    *("/etc", "/proc", "/sys", "/dev", "/boot", "/efi", "/run", "/var/run", "/root", "/usr"),
    *("/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32", "/var/lib", "/var/spool", "/snap"),
    *("/System", "/Library", "/private/etc", "/private/var/run", "/private/var/db", "/nix/var"),
)

KEYS = (
    *(".ssh", ".gnupg", ".aws", ".azure", ".docker", ".kube", ".password-store", ".pki", ".oci"),
    *(".netrc", ".git-credentials", ".npmrc", ".pypirc", ".pgpass", ".my.cnf", ".vault-token"),
    *(".config/gcloud", ".config/op", ".config/containers", ".config/sops", ".config/age"),
    *(".config/git/credentials", ".config/hub", ".config/rclone", ".config/doctl"),
    *(".cargo/credentials", ".cargo/credentials.toml", ".gem/credentials", ".terraform.d"),
    *(".m2/settings.xml", ".composer/auth.json", ".1password", ".local/share/keyrings"),
    *(".config/google-chrome", ".config/chromium", ".mozilla", "Library/Keychains"),
)
"""Below a home: keys and passwords."""

COMMON = ("/tmp", "/var/tmp", "/private/tmp", "/home", "/Users")  # noqa: S108 - only compared
"""Everybody's: what is in them may be asked for, and not the whole."""

IS_SYSTEM = "is the system's"
IS_KEY = "holds keys or passwords: hand over the one that is needed by [secrets]"


def why_not(source: str) -> str | None:
    """Why a source is refused on every machine, as far as its name says that: a path from
    `~/`, an absolute one, or one of the repo. None where it may be asked for."""
    if source.endswith(".sock"):
        return "no workspace gets a socket"
    if source in ("~", "/", *COMMON) or set(source.split("/")) <= {".."}:
        return "is a whole home, or more"
    if any(covers(one, source) for one in SYSTEM):
        return IS_SYSTEM
    if any(covers(f"~/{one}", source) or f"/{one}/" in f"{source}/" for one in KEYS):
        return IS_KEY
    near = (f"~/{one}" for one in KEYS)
    return "holds what no workspace gets" if any(covers(source, one) for one in near) else None
