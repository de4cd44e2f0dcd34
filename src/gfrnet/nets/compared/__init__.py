"""Build the networks that the paper compares GFRNet with, and list what is known of each."""

from gfrnet.nets.compared.arcnn import ARCNN, ARCNNConfig
from gfrnet.nets.compared.catalogue import COMPARED, PAPER_COLUMNS, Compared, PaperFigures
from gfrnet.nets.compared.cbn import CBN, CBNConfig
from gfrnet.nets.compared.chain import Chain, ChainConfig, Factor, Step, compose
from gfrnet.nets.compared.deblurgan import DeblurGAN, DeblurGANConfig, DeblurGANCritic
from gfrnet.nets.compared.deepdeblur import DeepDeblur, DeepDeblurConfig, DeepDeblurDiscriminator
from gfrnet.nets.compared.dncnn import DnCNN, DnCNNConfig
from gfrnet.nets.compared.haar import haar_packet, inverse_haar_packet
from gfrnet.nets.compared.memnet import MemNet, MemNetConfig
from gfrnet.nets.compared.scgan import SCGAN, SCGANConfig, SCGANDiscriminator
from gfrnet.nets.compared.srcnn import SRCNN, SRCNNConfig
from gfrnet.nets.compared.srgan import SRGAN, SRGANConfig, SRGANDiscriminator
from gfrnet.nets.compared.tdae import TDAE, TDAEConfig, TDAEDiscriminator
from gfrnet.nets.compared.unet import UNet, UNetConfig
from gfrnet.nets.compared.vdsr import VDSR, VDSRConfig
from gfrnet.nets.compared.waveletsrnet import WaveletSRNet, WaveletSRNetConfig

__all__ = [
    "ARCNN",
    "CBN",
    "COMPARED",
    "PAPER_COLUMNS",
    "SCGAN",
    "SRCNN",
    "SRGAN",
    "TDAE",
    "VDSR",
    "ARCNNConfig",
    "CBNConfig",
    "Chain",
    "ChainConfig",
    "Compared",
    "DeblurGAN",
    "DeblurGANConfig",
    "DeblurGANCritic",
    "DeepDeblur",
    "DeepDeblurConfig",
    "DeepDeblurDiscriminator",
    "DnCNN",
    "DnCNNConfig",
    "Factor",
    "MemNet",
    "MemNetConfig",
    "PaperFigures",
    "SCGANConfig",
    "SCGANDiscriminator",
    "SRCNNConfig",
    "SRGANConfig",
    "SRGANDiscriminator",
    "Step",
    "TDAEConfig",
    "TDAEDiscriminator",
    "UNet",
    "UNetConfig",
    "VDSRConfig",
    "WaveletSRNet",
    "WaveletSRNetConfig",
    "compose",
    "haar_packet",
    "inverse_haar_packet",
]
