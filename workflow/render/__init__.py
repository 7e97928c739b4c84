"""From values to what a person or a script reads; nothing here decides or stores.

`language` holds the catalogue, `words` turns codes, instants and lengths into words, `screen` is the only
door to the terminal, `json` gives the documented shapes, `refusals` says what went wrong.
"""
