"""What to offer a customer next, and why: a catalogue, stages that reject with reasons, and a priority."""
