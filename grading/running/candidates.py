"""The functions and methods of one submission as the checks see them, each made when first requested."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from grading.intake.submission import Submission
from grading.judging.calling_convention import Usage, adapter_for
from grading.judging.classifier import Classifier
from grading.judging.loss_function import LossFunction
from grading.judging.standard import Standard

if TYPE_CHECKING:
    from grading.judging.network import Network
    from grading.sandbox.client import Worker


def digest_of(submission: Submission, seed: int) -> bytes:
    """The bytes that everything depending on the hand-in is derived from."""
    return f"{submission.sha256} {seed}".encode()


class Candidates:
    """The functions and methods of one submission that are judged, by name.

    Args:
        submission: where they are defined.
        worker_of: returns the worker for the functions of a loss, given its name; always the same worker.
        standard: what they are judged by.
    """

    def __init__(
        self, submission: Submission, worker_of: Callable[[str], Worker], standard: Standard
    ) -> None:
        self._submission = submission
        self._worker_of = worker_of
        self._standard = standard
        self._digest = digest_of(submission, standard.seed)
        self._losses: dict[str, LossFunction] = {}
        self._classifiers: dict[str, Classifier] = {}
        self._networks: dict[str, Network] = {}
        self._hosts: dict[str, str] = {}

    def group(self, name: str) -> str:
        """The loss whose worker calls a function; if the function must agree with a naive one, that one's loss."""
        function = self._standard.functions[name]
        return self.group(function.naive) if function.naive is not None else function.reference

    def worker(self, name: str) -> Worker:
        """The worker that has loaded a function."""
        group = self.group(name)
        return self._worker_of(self._hosts.get(group, group))

    def share(self, group: str, host: str) -> None:
        """Call the functions of a loss in the worker of another one, ``host``."""
        self._hosts[group] = host

    def is_guest(self, name: str) -> bool:
        """Whether a function is called in the worker of another loss."""
        return self.group(name) in self._hosts

    def separate(self, group: str) -> None:
        """Undo `share`, and forget all that is known of the loss's functions."""
        del self._hosts[group]
        for known in (self._losses, self._classifiers, self._networks):
            for name in [name for name in known if self.group(name) == group]:
                del known[name]

    def __getitem__(self, name: str) -> LossFunction | Classifier | Network:
        kind = self._standard.functions[name].kind
        if kind == "loss":
            return self.loss(name)
        return self.network(name) if kind.startswith("network") else self.classifier(name)

    def loss(self, name: str) -> LossFunction:
        """The loss function called ``name``."""
        if name not in self._losses:
            naive = self._standard.functions[name].naive
            other = self.loss(naive) if naive is not None else None
            worker = self.worker(name)
            self._losses[name] = LossFunction(name, worker, self._standard, other, digest=self._digest)
        return self._losses[name]

    def classifier(self, name: str) -> Classifier:
        """The train or predict called ``name``."""
        if name not in self._classifiers:
            usage = Usage(name, self._standard.names, self._standard.functions[name].takes_loss)
            worker = adapter_for(usage, self.worker(name), self._submission.callings)
            text = self._submission.methods.get(name)
            defaults = None if text is None else text.defaults
            self._classifiers[name] = Classifier(name, worker, self._standard, self._digest, defaults)
        return self._classifiers[name]

    def network(self, name: str) -> Network:
        """The loss, train or predict of a network."""
        if name not in self._networks:
            # Few rubrics ask for networks.
            from grading.judging.network import Network

            self._networks[name] = Network(name, self.worker(name), self._standard, self._digest)
        return self._networks[name]

    def trained(self, name: str) -> Classifier | None:
        """Return the classifier if it has been trained on the data set; otherwise None."""
        found = self._classifiers.get(name)
        return found if found is not None and found.trainings else None
