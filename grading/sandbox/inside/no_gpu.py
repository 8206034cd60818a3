"""Runs PyTorch without a GPU: requests for one get the processor, so that code for the course's machines runs."""

from __future__ import annotations

from typing import Any


def redirect() -> None:
    """Redirect requests for a GPU from here on, in this process."""
    import torch
    from torch.overrides import TorchFunctionMode

    def elsewhere(value: Any) -> Any:
        is_gpu = (isinstance(value, torch.device) and value.type == "cuda") or (
            isinstance(value, str) and value.partition(":")[0] == "cuda"
        )
        return "cpu" if is_gpu else value

    def called(self: Any, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if func is torch.Tensor.cuda:
            return args[0]
        named = {name: elsewhere(value) for name, value in (kwargs or {}).items()}
        return func(*map(elsewhere, args), **named)

    # Whether there is a type to inherit from depends on what is installed where types are checked.
    mode = type("OnProcessor", (TorchFunctionMode,), {"__torch_function__": called})
    mode().__enter__()
