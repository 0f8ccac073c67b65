"""One small Starlette application per published API, each stateful over the same population."""
