"""What the hub reckons of a customer: value, risk, offers, segments, each with its reasons."""
