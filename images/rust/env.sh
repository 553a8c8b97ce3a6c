# Rust for shells; the image's ENV says the same for what is started without one.
export MISE_CARGO_HOME="${MISE_CARGO_HOME:-/opt/mise/cargo}"
export MISE_RUSTUP_HOME="${MISE_RUSTUP_HOME:-/opt/mise/rustup}"
devpod_path_last "$HOME/.cargo/bin"
