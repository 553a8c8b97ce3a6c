# Elixir for shells; the image's ENV says the same for what is started without one.
export MIX_REBAR3="${MIX_REBAR3:-/usr/local/bin/rebar3}"
devpod_path_last "$HOME/.mix/escripts"
