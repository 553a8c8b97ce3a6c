# ssh sessions get neither of these from the image. What is set wins.
export LANG="${LANG:-C.UTF-8}"
export MISE_DATA_DIR="${MISE_DATA_DIR:-/opt/mise}"

# Debian's login shells leave these out for everyone but root.
devpod_path_last /usr/local/sbin
devpod_path_last /usr/sbin
devpod_path_last /sbin
