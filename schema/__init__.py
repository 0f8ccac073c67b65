"""The graph: types, inputs, errors, scalars and the execution that plans, gathers and answers."""
