"""The command line: one module per command, each loaded only when it is called.

A command is four steps: read what was typed (`parse`), ask the engine, turn the answer into words
(`workflow/render`), print (`Screen`). Reading order: run (from argv to exit code), group (how a command
is declared), options (what every command takes), context (what a command is given), parse.
"""
