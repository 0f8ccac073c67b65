"""The application: settings, command line, HTTP endpoints; wires everything together."""
