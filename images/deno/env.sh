# Deno for shells; the image's ENV says the same for what is started without one.
devpod_path_last "$HOME/.deno/bin"
