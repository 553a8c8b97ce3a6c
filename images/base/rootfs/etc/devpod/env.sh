# The environment of every shell, from /etc/devpod/env.d, where each stack leaves
# a file. Read by login shells (/etc/profile resets PATH), by all zsh
# (/etc/zsh/zshenv) and by `ssh host command` in bash (/etc/bash.bashrc); images
# state the same with ENV for what is started without a shell.
#
# Read many times over, so: every file in there must change nothing when it is
# read twice, must print nothing and must fork nothing. sh, bash and zsh.

# The two are for the files in env.d.
# shellcheck disable=SC2329
devpod_path_first() { # DIR: looked in before all others
    case ":$PATH:" in
    *":$1:"*) ;;
    *) PATH=$1:$PATH ;;
    esac
}

# shellcheck disable=SC2329
devpod_path_last() { # DIR: looked in after all others
    case ":$PATH:" in
    *":$1:"*) ;;
    *) PATH=$PATH:$1 ;;
    esac
}

for devpod_file in /etc/devpod/env.d/*.sh; do
    # shellcheck source=/dev/null
    [ ! -r "$devpod_file" ] || . "$devpod_file"
done
# What the profile sets, for sessions that sshd starts: it passes nothing on.
# shellcheck source=/dev/null
[ ! -r /run/devpod/env.sh ] || . /run/devpod/env.sh
export PATH

# A session of sshd begins in the workspace, as one by the engine's exec does. Copies begin
# in the home, where sftp does, since their clients take that for granted.
if [ -n "${SSH_CONNECTION-}" ] && [ -z "${DEVPOD_SESSION-}" ]; then
    case ${ZSH_EXECUTION_STRING-}${BASH_EXECUTION_STRING-} in
    'rsync --server'* | 'scp -'*) ;;
    *) [ "$PWD" != "$HOME" ] || cd "${DEVPOD_WORKSPACE:-$HOME}" >/dev/null 2>&1 || : ;;
    esac
    export DEVPOD_SESSION=ssh
fi

unset devpod_file
unset -f devpod_path_first devpod_path_last
