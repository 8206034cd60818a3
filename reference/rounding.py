"""How far correct float64 arithmetic can be from the truth.

The model is the standard one: every operation returns the exact result times 1 + e with |e| <= u, plus, where
a product or quotient underflows, at most half of the smallest subnormal number. A term that passes through n
operations is then multiplied by a factor within gamma(n) of 1 (N. J. Higham, Accuracy and Stability of
Numerical Algorithms, 2nd edition, lemma 3.1), whatever the order of those operations. A sum of terms is
therefore off by at most gamma(n) * sum of |term|: that is why every bound here is built from sums of absolute
values.
"""

from __future__ import annotations

from typing import overload

import numpy as np
from numpy.typing import NDArray

UNIT_ROUNDOFF: float = 2.0**-53
"""u: the largest relative error of one float64 operation, rounding to nearest."""

UNDERFLOW: float = 2.0**-1020
"""Added to a sum of |term| before it is multiplied by gamma(n), it covers underflow in n products.

Each underflow costs at most 2**-1075, and gamma(n) * 2**-1020 >= n * 2**-1073.
"""

FUNCTION_ERROR: int = 4
"""Relative error allowed for exp and log in units of u: 2 ulp, more than libm and NumPy need."""


@overload
def gamma(n: float) -> float: ...
@overload
def gamma(n: NDArray[np.float64]) -> NDArray[np.float64]: ...
def gamma(n: float | NDArray[np.float64]) -> float | NDArray[np.float64]:
    """Bound on the relative error of a term after n operations: n*u / (1 - n*u).

    Args:
        n: the number of operations; an array gives an array. n*u must be below 1, that is n < 9e15.
    """
    nu = n * UNIT_ROUNDOFF
    return nu / (1.0 - nu)
