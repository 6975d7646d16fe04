"""Datasets on disk: `Dataset` reads, `Store` writes, exporters turn them into other people's formats."""

from .reader import Dataset, Frame, Person
from .record import FrameRecord
from .store import Header, Store, frame_id

__all__ = ["Dataset", "Frame", "FrameRecord", "Header", "Person", "Store", "frame_id"]
