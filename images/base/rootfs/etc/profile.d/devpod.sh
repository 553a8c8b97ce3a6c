# Debian's /etc/profile has just reset PATH.
# shellcheck source=/dev/null
. /etc/devpod/env.sh
