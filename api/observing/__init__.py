"""How the processes do: log lines, metrics and traces, none of which holds anything personal."""
