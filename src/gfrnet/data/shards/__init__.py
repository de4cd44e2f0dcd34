"""Pack data sets into shards, and read them in blocks, from folders, shards and URLs."""

from gfrnet.data.shards.blocks import Block, FolderBlock, cut_into_blocks, whole_blocks
from gfrnet.data.shards.pack import pack_dataset
from gfrnet.data.shards.read import PackedPortrait, ShardBlock, read_blocks
from gfrnet.data.shards.storage import local_path

__all__ = [
    "Block",
    "FolderBlock",
    "PackedPortrait",
    "ShardBlock",
    "cut_into_blocks",
    "local_path",
    "pack_dataset",
    "read_blocks",
    "whole_blocks",
]
