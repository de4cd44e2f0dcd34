"""Deblur a photo without training, by the dark channel prior (DCP; Pan et al., CVPR 2016).

The photo B is taken as a sharp picture I, blurred by one kernel k. `deblur` looks for both::

    min over I, k:  |I * k - B|^2 + gamma |k|^2 + mu |grad I|_0 + lambda |D(I)|_0

D is the dark channel: the darkest pixel around each pixel. Blur makes it brighter, so a sharp picture has
more zeros in it. Both L0 terms count what is not zero.

- `pyramid`: from coarse to fine, each scale begins with the kernel of the scale before.
- `latent`: the sharp picture for a known kernel, by half-quadratic splitting.
- `edges`, `kernel`: the kernel for known strong edges, by conjugate gradients.
- `final`: the sharp picture in colour for the last kernel.
"""

from gfrnet.nets.compared.dcp.blind import Deblurred, deblur
from gfrnet.nets.compared.dcp.options import DCPOptions

__all__ = ["DCPOptions", "Deblurred", "deblur"]
