# Go for shells; the image's ENV says the same for what is started without one.
export GOPATH="${GOPATH:-/home/dev/go}"
export GOTOOLCHAIN="${GOTOOLCHAIN:-local}"
devpod_path_last "$GOPATH/bin"
