"""What happens in the hub, told to those who follow it: the kinds of event, and how they are followed."""
