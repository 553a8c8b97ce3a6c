# Terraform for shells; the image's ENV says the same for what is started without one.
export CHECKPOINT_DISABLE="${CHECKPOINT_DISABLE:-1}"
export TF_PLUGIN_CACHE_DIR="${TF_PLUGIN_CACHE_DIR:-$HOME/.terraform.d/plugin-cache}"
