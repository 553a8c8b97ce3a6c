# Ruby for shells; the image's ENV says the same for what is started without one.
export BUNDLE_PATH="${BUNDLE_PATH:-$HOME/.local/share/gem}"
devpod_path_last "$HOME/.local/share/gem/ruby/3.3.0/bin"
