"""Which continuations are drawn in one batch: those of as many prompts as memory has room for.

How they are put together changes no more than the rounding of the model's scores: each continuation has random numbers
of its own, and each prompt its own tokens.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch

from pipeline.backends.decoding import Continuation, Drawing, Share, Task, draw_together
from pipeline.backends.memory import FEWER, is_out_of_memory
from pipeline.backends.prompt_memory import PromptReader, can_be_shared
from pipeline.errors import GenerationFailed

MOST = 256
"""Continuations in one batch, at most: as many as a single prompt may have."""

Room = Callable[[int, int], int]
"""How many texts of so many tokens fit into memory, and at most how many are wanted; raises GenerationFailed when not
even one fits."""


@torch.inference_mode()
def sample_continuations(
    reader: PromptReader, drawings: Sequence[Drawing], room: Room = lambda _, most: most
) -> list[list[Continuation] | GenerationFailed]:
    """Sample `num_return_sequences` continuations of each prompt, or tell why there are none of it.

    Where memory runs out, half as many are drawn at once. The global random state is neither read nor changed. A prompt
    fails by itself when the model's scores are not numbers, or when there is not even memory for one continuation.
    """
    tasks = [Task(drawing) for drawing in drawings]
    _Batches(reader, tasks, room).draw_all()
    return [task.failure or task.continuations for task in tasks]


class _Batches:
    """Puts batches together until nothing is left to draw."""

    def __init__(self, reader: PromptReader, tasks: Sequence[Task], room: Room) -> None:
        self._reader, self._tasks, self._room = reader, tasks, room
        self._at_once = MOST

    def draw_all(self) -> None:
        # The longest first: those of one batch are then of similar length, and room is counted by the longest.
        while waiting := sorted(
            (task for task in self._tasks if task.left), key=lambda task: task.drawing.longest, reverse=True
        ):
            self._draw(self._read(self._shares(waiting)))

    def _shares(self, waiting: Sequence[Task]) -> list[Share]:
        """What there is room for."""
        try:
            wanted = min(sum(task.left for task in waiting), self._at_once)
            rows = self._room(waiting[0].drawing.longest, wanted)
        except GenerationFailed as too_large:
            waiting[0].fail(too_large)
            return []
        shares: list[Share] = []
        for task in waiting if self._reader.mixes else waiting[:1]:
            shares.append(Share(task, min(task.left, rows)))
            rows -= shares[-1].count
            if not rows:
                break
        return shares

    def _read(self, shares: Sequence[Share]) -> list[Share]:
        """Read the prompts; gives those that can be drawn together now."""
        read: list[Share] = []
        # Neighbours in this order have the most in common, and that is read once.
        for share in sorted(shares, key=lambda each: (not each.task.reading, each.task.drawing.prompt[0].tolist())):
            task = share.task
            try:
                task.reading = task.reading or self._reader.read(task.drawing.prompt, task.layer)
            except (RuntimeError, MemoryError) as error:
                self._reader.forget()
                if not is_out_of_memory(error):
                    raise
                if not read:
                    task.fail(_out_of_memory())
                break
            if not can_be_shared(task.reading[0]):
                return read or [Share(task, min(task.left, sum(each.count for each in shares)))]
            read.append(share)
        return read

    def _draw(self, shares: Sequence[Share]) -> None:
        if not shares:
            return
        try:
            draw_together(self._reader, shares)
        except (RuntimeError, MemoryError) as error:
            self._reader.forget()
            if not is_out_of_memory(error):
                raise
            rows = sum(share.count for share in shares)
            if rows == 1:
                shares[0].task.fail(_out_of_memory())
            self._at_once = max(1, rows // 2)
        for share in shares:
            if not share.task.left:
                share.task.reading = None


def _out_of_memory() -> GenerationFailed:
    return GenerationFailed("memory ran out while a candidate was written", hint=FEWER)
