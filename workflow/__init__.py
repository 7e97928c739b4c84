"""Does: the database, transactions, the sweep, worklists. Contains no rules; `states` decides.

Reading order: `database` (the one engine factory), `tables`, `store` (rows to values and back),
`engine` (one command, one case, one transaction), `sweep`, `worklists`.
"""
