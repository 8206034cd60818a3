"""Pictures side by side."""

from __future__ import annotations

from math import ceil, sqrt
from typing import Any

import numpy as np


def visualize_grid(Xs: Any, ubound: float = 255.0, padding: int = 1) -> Any:
    """Combine pictures (N, H, W, C) into one square grid, each stretched to the range from 0 to ``ubound``."""
    count, height, width, channels = Xs.shape
    side = ceil(sqrt(count))
    grid = np.zeros((side * (height + padding) - padding, side * (width + padding) - padding, channels))
    for number, picture in enumerate(Xs):
        top, left = (number // side) * (height + padding), (number % side) * (width + padding)
        spread = np.ptp(picture)
        stretched = (picture - picture.min()) / spread if spread else np.zeros_like(picture)
        grid[top : top + height, left : left + width] = ubound * stretched
    return grid
