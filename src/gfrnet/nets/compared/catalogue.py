"""List the networks that the paper compares GFRNet with, and the paper's figures for them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

PAPER_COLUMNS = ("VggFace2 4x", "VggFace2 8x", "WebFace 4x", "WebFace 8x")
"""The columns of the paper's table 1."""

PaperFigures: TypeAlias = tuple[tuple[float, float] | None, ...]
"""PSNR in dB and SSIM for each of `PAPER_COLUMNS`; None where the table has a dash."""

Family: TypeAlias = Literal["SR", "Deblurring", "Denoising", "AR", "Non-blind FH", "Blind FH"]
"""The groups of table 1: super-resolution, artefact removal (AR), face hallucination (FH), and so on."""

RETRAINED = "retrained by the paper's authors on their data, with the guide as second input (section 4.3)"
"""End of the source of each network that the authors retrained (M...)."""


@dataclass(frozen=True)
class Compared:
    """Hold what is known of one compared network.

    Attributes:
        title: Name in table 1.
        family: Group in table 1.
        year: Year of publication.
        source: Where it was published.
        licence: Licence of the authors' code; None where none is stated, or there is no code.
        paper: PSNR and SSIM in table 1.
        scales: Downsampling factors for which table 1 has figures.
        guided: Whether the network sees the guide.
        network: Its ``network`` in a training config, without the fields that differ from scale to scale.
            Empty for an algorithm that learns nothing.
    """

    title: str
    family: Family
    year: int
    source: str
    licence: str | None
    paper: PaperFigures
    scales: tuple[int, ...] = (4, 8)
    guided: bool = False
    network: Mapping[str, object] = field(default_factory=dict)


COMPARED: tuple[Compared, ...] = (
    Compared(
        "SRCNN",
        "SR",
        2016,
        "Dong et al., Image super-resolution using deep convolutional networks, TPAMI",
        None,
        ((24.57, 0.842), (22.30, 0.802), (26.11, 0.872), (23.50, 0.842)),
        network={"kind": "srcnn"},
    ),
    Compared(
        "VDSR",
        "SR",
        2016,
        "Kim et al., Accurate image super-resolution using very deep convolutional networks, CVPR",
        None,
        ((25.36, 0.858), (22.50, 0.807), (26.60, 0.884), (23.65, 0.847)),
        network={"kind": "vdsr"},
    ),
    Compared(
        "SRGAN",
        "SR",
        2017,
        "Ledig et al., Photo-realistic single image super-resolution using a GAN, CVPR",
        None,
        ((25.85, 0.911), (23.01, 0.874), (27.65, 0.941), (24.49, 0.913)),
        network={"kind": "srgan"},
    ),
    Compared(
        "MSRGAN",
        "SR",
        2018,
        f"SRGAN, {RETRAINED}",
        None,
        ((26.55, 0.906), (23.45, 0.862), (28.10, 0.934), (24.92, 0.908)),
        guided=True,
        network={"kind": "srgan", "guided": True},
    ),
    Compared(
        "DCP",
        "Deblurring",
        2016,
        "Pan et al., Blind image deblurring using dark channel prior, CVPR",
        None,
        ((24.42, 0.894), (21.54, 0.848), (24.97, 0.895), (23.05, 0.887)),
    ),
    Compared(
        "DeepDeblur",
        "Deblurring",
        2017,
        "Nah et al., Deep multi-scale CNN for dynamic scene deblurring, CVPR",
        None,
        ((26.31, 0.917), (22.97, 0.873), (28.13, 0.934), (24.63, 0.910)),
        network={"kind": "deepdeblur"},
    ),
    Compared(
        "DeblurGAN",
        "Deblurring",
        2018,
        "Kupyn et al., DeblurGAN: blind motion deblurring using conditional GANs, CVPR",
        None,
        ((24.65, 0.889), (22.06, 0.846), (24.63, 0.910), (23.38, 0.896)),
        network={"kind": "deblurgan"},
    ),
    Compared(
        "MDeblurGAN",
        "Deblurring",
        2018,
        f"DeblurGAN, {RETRAINED}",
        None,
        ((25.32, 0.918), (22.46, 0.867), (29.41, 0.952), (23.49, 0.900)),
        guided=True,
        network={"kind": "deblurgan", "guided": True},
    ),
    Compared(
        "DnCNN",
        "Denoising",
        2017,
        "Zhang et al., Beyond a Gaussian denoiser: residual learning of deep CNN, TIP",
        None,
        ((26.73, 0.920), (23.29, 0.877), (28.35, 0.933), (24.75, 0.912)),
        network={"kind": "dncnn"},
    ),
    Compared(
        "MemNet",
        "Denoising",
        2017,
        "Tai et al., MemNet: a persistent memory network for image restoration, ICCV",
        None,
        ((26.85, 0.923), (23.31, 0.877), (28.57, 0.934), (24.77, 0.909)),
        network={"kind": "memnet"},
    ),
    Compared(
        "MDnCNN",
        "Denoising",
        2018,
        f"DnCNN, {RETRAINED}",
        None,
        ((27.05, 0.925), (23.33, 0.879), (29.40, 0.942), (24.84, 0.912)),
        guided=True,
        network={"kind": "dncnn", "guided": True},
    ),
    Compared(
        "ARCNN",
        "AR",
        2015,
        "Dong et al., Compression artifacts reduction by a deep convolutional network, ICCV",
        None,
        ((22.05, 0.863), (20.84, 0.827), (23.39, 0.876), (20.47, 0.858)),
        network={"kind": "arcnn"},
    ),
    Compared(
        "MARCNN",
        "AR",
        2018,
        f"ARCNN, {RETRAINED}",
        None,
        ((25.43, 0.923), (23.16, 0.876), (28.40, 0.938), (25.15, 0.914)),
        guided=True,
        network={"kind": "arcnn", "guided": True},
    ),
    Compared(
        "CBN",
        "Non-blind FH",
        2016,
        "Zhu et al., Deep cascaded bi-network for face hallucination, ECCV",
        "BSD-3-Clause",
        ((24.52, 0.867), (21.84, 0.817), (25.43, 0.899), (23.10, 0.852)),
        network={"kind": "cbn"},
    ),
    Compared(
        "WaveletSRNet",
        "Non-blind FH",
        2017,
        "Huang et al., Wavelet-SRNet: a wavelet-based CNN for multi-scale face super resolution, ICCV",
        "MIT",
        ((25.66, 0.909), (20.87, 0.831), (27.10, 0.937), (21.63, 0.869)),
        network={"kind": "waveletsrnet"},
    ),
    Compared(
        "TDAE",
        "Non-blind FH",
        2017,
        "Yu and Porikli, Hallucinating very low-resolution unaligned and noisy face images, CVPR",
        None,
        (None, (20.19, 0.729), None, (20.24, 0.741)),
        scales=(8,),
        network={"kind": "tdae"},
    ),
    Compared(
        "SCGAN",
        "Blind FH",
        2017,
        "Xu et al., Learning to super-resolve blurry face and text images, ICCV",
        None,
        ((25.16, 0.905), None, (26.37, 0.923), None),
        scales=(4,),
        network={"kind": "scgan"},
    ),
    Compared(
        "MCGAN",
        "Blind FH",
        2017,
        "Xu et al., Learning to super-resolve blurry face and text images, ICCV",
        None,
        ((25.26, 0.912), None, (26.35, 0.931), None),
        scales=(4,),
        network={"kind": "scgan"},
    ),
)
"""Every compared network of table 1 in its order: 14, and 4 that the authors retrained (M...)."""
