"""Build the networks that the paper compares GFRNet with, and list what is known of each."""

from gfrnet.nets.compared.catalogue import COMPARED, PAPER_COLUMNS, Compared, PaperFigures
from gfrnet.nets.compared.srcnn import SRCNN, SRCNNConfig

__all__ = ["COMPARED", "PAPER_COLUMNS", "SRCNN", "Compared", "PaperFigures", "SRCNNConfig"]
