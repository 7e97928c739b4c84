"""Who is at the keyboard: the account under which the command runs, never an option.

    identity(database)        the login, as the register knows officers by

With an SQLite file it is the account of the operating system; under sudo the one who called sudo. Only root
is believed when it says who that was: everybody else could write anything into their environment.
"""

from __future__ import annotations

import os

from workflow.database import Database


def identity(database: Database) -> str:
    """The login of whoever runs this command on `database`."""
    return account()


def account() -> str:
    """The account of the operating system; under sudo, whose sudo it is."""
    try:
        import pwd
    except ImportError:  # not a Unix: the one environment variable its own tools go by
        return os.environ.get("USERNAME", "?").lower()
    number = os.getuid()
    called = os.environ.get("SUDO_UID", "")
    if os.geteuid() == 0 and called.isdecimal():
        number = int(called)
    try:
        return pwd.getpwuid(number).pw_name
    except (KeyError, OverflowError):
        return str(number)
