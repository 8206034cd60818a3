"""The student's function, method or network under test; it runs in another process."""

from __future__ import annotations

from typing import TYPE_CHECKING

from grading.judging.standard import Standard

if TYPE_CHECKING:
    from grading.sandbox.client import Worker


class Candidate:
    """One function or method of one submission.

    Attributes:
        name: as in the rubric, "svm_loss_naive", "LinearSVM.train" or "TwoLayerNet.loss".
        worker: the process that has it.
        standard: what everything in the hand-in is judged by.
        settings: the rubric's settings for it.
        digest: a hash of the hand-in, on which some of its examples depend.
        remarks: sentences about things that are accepted, but worth mentioning to the student.
        cases: examples judged so far, counted once for each check that judges them.
    """

    def __init__(self, name: str, worker: Worker, standard: Standard, digest: bytes = b"") -> None:
        self.name = name
        self.worker = worker
        self.standard = standard
        self.settings = standard.functions[name]
        self.digest = digest
        self.remarks: list[str] = []
        self.cases = 0

    @property
    def reference(self) -> str:
        """The name of the reference loss that it is judged by."""
        return self.settings.reference

    @property
    def seed(self) -> int:
        """The seed of all examples."""
        return self.standard.seed

    def remark(self, sentence: str) -> None:
        """Record a remark: something accepted, but worth mentioning to the student."""
        if sentence not in self.remarks:
            self.remarks.append(sentence)
