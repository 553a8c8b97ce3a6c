# .NET for shells; the image's ENV says the same for what is started without one.
export DOTNET_CLI_TELEMETRY_OPTOUT="${DOTNET_CLI_TELEMETRY_OPTOUT:-1}"
export DOTNET_NOLOGO="${DOTNET_NOLOGO:-1}"
devpod_path_last "$HOME/.dotnet/tools"
