"""What runs inside the Celery worker besides tasks, each in a thread: beat, queue reader, receipt sender, messenger."""

import logging
import logging.config
import threading
from datetime import UTC, datetime
from typing import Any, override

from celery import bootsteps, signals
from celery.beat import Scheduler, Service
from django.conf import settings

from config import logs, memory
from config.celery import app

JOIN_LIMIT = 1.0  # seconds the reader has to finish its batch; what it did not acknowledge is read again
MESSAGE_PAUSE = 5.0  # seconds between two looks whether somebody is to hear of something
WITNESS_PAUSE = 1.0  # seconds between two looks whether a head wants cosignatures
_ending = threading.Event()
log = logging.getLogger(__name__)


class InMemory(Scheduler):
    """The schedule is code and every sweep finds by query what is due, so nothing needs to be kept between two runs."""

    @override
    def setup_schedule(self) -> None:
        self.merge_inplace(self.app.conf.beat_schedule)


class Beat(bootsteps.StartStopStep):
    """Sends due sweeps. A second worker's beat sends them again, which changes nothing: sweeps compare and set."""

    def __init__(self, parent: Any, **options: Any) -> None:
        super().__init__(parent, **options)
        self.service = Service(parent.app, max_interval=1, scheduler_cls=InMemory)

    @override
    def start(self, parent: Any) -> None:
        threading.Thread(target=self.service.start, name="beat", daemon=True).start()

    @override
    def stop(self, parent: Any) -> None:
        self.service.stop(wait=False)

    terminate = stop


class Listener(bootsteps.StartStopStep):
    """A thread of the worker that runs until the worker ends, without a Celery task for each thing it hears of."""

    abstract = True

    def __init__(self, parent: Any, **options: Any) -> None:
        super().__init__(parent, **options)
        self.thread = threading.Thread(target=self.listen, name=type(self).__name__, daemon=True)

    def listen(self) -> None:
        """Work until `_ending` is set. Imports belong in here: models are ready once the worker has set Django up."""

    @override
    def start(self, parent: Any) -> None:
        self.thread.start()

    @override
    def stop(self, parent: Any) -> None:
        _ending.set()
        self.thread.join(JOIN_LIMIT)

    terminate = stop


class QueueReader(Listener):
    """Takes signed asks from the intake queue in batches."""

    @override
    def listen(self) -> None:
        from approvals.queue import reader

        reader.run(_ending)


class ReceiptSender(Listener):
    """Hands receipts over as soon as it hears of a settlement; the sweep finds what it did not hear of."""

    @override
    def listen(self) -> None:
        from approvals.queue import sender

        sender.run(_ending)


class WitnessCaller(Listener):
    """Brings the ledger's newest head to its witnesses, in its own time: they may be slow, or away."""

    @override
    def listen(self) -> None:
        from django.conf import settings

        if not settings.WITNESSES:
            return
        from django.db import close_old_connections

        from approvals import witnessing

        while not _ending.wait(WITNESS_PAUSE):
            try:
                witnessing.collect(at=datetime.now(UTC))
            except Exception:
                log.exception("The ledger’s head could not be brought to its witnesses.")
            finally:
                close_old_connections()


class Messenger(Listener):
    """Tells people what waits, by chat and mail, in its own time: a chat that is slow holds up no sweep."""

    @override
    def listen(self) -> None:
        from django.conf import settings
        from django.db import close_old_connections

        from accounts import mail
        from approvals import knocking

        tell = (knocking.run, mail.send_owed) if settings.MAILERS else (knocking.run,)
        while not _ending.wait(MESSAGE_PAUSE):
            for each in tell:
                try:
                    each(at=datetime.now(UTC))
                except Exception:
                    log.exception("Messages could not be handed over.")
                finally:
                    close_old_connections()


@signals.worker_shutting_down.connect
def _told_to_end(**_: Any) -> None:
    """Sent by the signal's handler, up to a second before the worker's loop notices: the listeners end meanwhile."""
    _ending.set()


@signals.setup_logging.connect
def _logged(**_: Any) -> None:
    """Celery would set up loggers of its own, which write what a task was given."""
    logging.config.dictConfig(settings.LOGGING)
    logs.guard()


@signals.worker_ready.connect
def _loaded(**_: Any) -> None:
    memory.give_back_again()


app.steps["worker"].update({Beat, Messenger, QueueReader, ReceiptSender, WitnessCaller})
