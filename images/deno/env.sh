# Deno for shells; the image's ENV says the same for what is started without one.
export DENO_NO_UPDATE_CHECK="${DENO_NO_UPDATE_CHECK:-1}"
devpod_path_last "$HOME/.deno/bin"
