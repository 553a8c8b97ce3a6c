# Last, so that they come first: a pinned tool wins over Debian's, and what the
# user installed for themselves wins over both.
devpod_path_first /opt/mise/shims
devpod_path_first "$HOME/.local/bin"
