"""Decides: values in, values out. No database, no clock, no randomness, no logging.

Reading order: `errors` (what can be refused), `worktime` (office hours), `ruleset` (what the
agencies agreed), `case` (one matter and its history), `machine` (the table), `decide` (the engine),
`options` (the same question asked without acting), `loader` (text -> ruleset).
"""
