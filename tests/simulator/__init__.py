"""H1: a deterministic simulator over the real code: real engine, store, sweep and database, a clock of its own.

    python -m tests.simulator 4711            plays the history of that seed and prints it; twice the same to the byte

A history is several workers and officers on one database. Each runs in a coroutine that stops before every SQL
statement, before every commit and after it; one seeded scheduler says who goes on, what time it is, who dies there,
who sleeps through two weeks and whose clock is set back. What a statement has done is seen by nobody before its
commit, so dying after it is dying before the next. A model that shares no code with the engine follows what was
committed and says what must have happened.

Reading order: `dice` (chance that repeats and shrinks), `stage` (who goes on, and the clock), `players` (what workers
and officers do), `clerk` and `model` (what must have happened), `history` (one of them from beginning to end).
"""
