"""The suite. Its parts import one another, so it is a package; it is never shipped."""
