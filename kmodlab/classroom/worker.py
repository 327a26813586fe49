# SPDX-License-Identifier: MIT
"""A worker: a process of its own that grades one submission after the other with machines of its own.

It is started by crew.py as `python -m kmodlab.classroom.worker DESCRIPTOR`, and talks over that socket. When the other
end is closed, for whatever reason, it ends what it is doing and itself.
"""

import os
import queue
import sys
import threading
from collections.abc import Mapping
from contextlib import suppress
from multiprocessing.connection import Connection

from kmodlab.classroom import attempt
from kmodlab.classroom.jobs import Answer, Trouble
from kmodlab.errors import CancelledError, LabError
from kmodlab.packs.catalog import Lesson
from kmodlab.session import Session

ENDING_SECONDS = 10.0  # for ending machines and builds, before the process just ends


Order = tuple[str, Mapping[str, bytes]]  # the lesson's id, and the files


def main(pipe: Connection) -> None:
    """Grade what comes until nobody asks any more."""
    pack, tree = pipe.recv()
    orders: queue.SimpleQueue[Order | None] = queue.SimpleQueue()
    with Session(pack, tree=tree, at_once=1) as session:
        threading.Thread(target=_listen, args=(pipe, orders, session), daemon=True).start()
        while (order := orders.get()) is not None:
            lesson, files = order
            answer = _answer(session, pack.lesson(lesson), files)
            if answer is not None:
                pipe.send(answer)


def _answer(session: Session, lesson: Lesson, files: Mapping[str, bytes]) -> Answer | None:
    try:
        return attempt.grade(session, lesson, files)
    except CancelledError:
        return None
    except LabError as problem:
        return Trouble(problem.message, problem.hint)
    except Exception as problem:  # whatever somebody's files made of the lab, the next ones are graded
        return Trouble(f"The lab itself failed: {type(problem).__name__}: {problem}.", "Please report it.")


def _listen(pipe: Connection, orders: "queue.SimpleQueue[Order | None]", session: Session) -> None:
    with suppress(EOFError, OSError):
        while True:
            orders.put(pipe.recv())
    end = threading.Timer(ENDING_SECONDS, os._exit, (1,))
    end.daemon = True
    end.start()
    orders.put(None)
    session.close()


if __name__ == "__main__":
    main(Connection(int(sys.argv[1])))
