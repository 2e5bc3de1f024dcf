"""A process that runs one job and dies, without a word, when a chosen statement has come often enough.

Arguments: job, start of the statement, how often. The settings come from the environment.
"""

import os
import sys
from typing import Any

import sqlalchemy as sa

from servicedesk import jobs, settings


def main(name: str, start: str, times: int) -> None:
    seen = 0

    def die(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        nonlocal seen
        seen += statement.startswith(start)
        if seen >= times:
            os._exit(9)

    sa.event.listen(sa.Engine, "before_cursor_execute", die)
    jobs.run_job(jobs.make_context(settings.load()), name)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
