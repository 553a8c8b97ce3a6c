# PHP for shells; the image's ENV says the same for what is started without one.
export COMPOSER_HOME="${COMPOSER_HOME:-$HOME/.config/composer}"
export COMPOSER_CACHE_DIR="${COMPOSER_CACHE_DIR:-$HOME/.cache/composer}"
devpod_path_last "$COMPOSER_HOME/vendor/bin"
