"""Overlay: what is drawn over a frame and stays where it is while the viewer turns, with blended edges."""
import functools

import numpy as np


class Overlay:
    """Blocks of pixels to blend over frames of one size.

    Args:
      blocks: list of (rows, columns, alpha, colour): two slices, float [h, w] of 0 to 1, float [h, w, 3] of 0 to 255.
    """

    def __init__(self, blocks):
        self._blocks = [(where, np.round((1 - alpha[:, :, None]) * 256).astype(np.uint16),
                         np.round(alpha[:, :, None] * colour * 256).astype(np.uint16))
                        for rows, columns, alpha, colour in blocks for where in [(rows, columns)]]
        # By a patch's (first row, row after the last, the same of columns): the blocks that it meets.
        self._met = functools.lru_cache(maxsize=4096)(self._find)

    def blend(self, frame, plain, block):
        """Draws one block into `frame`, over what `plain` has there; both uint8 [H, W, 3], or one and the same array."""
        where, clear, light = self._blocks[block]
        frame[where] = (plain[where] * clear + light + 128) >> 8

    def draw(self, frame):
        """Draws all of it over `frame`, uint8 [H, W, 3], in place."""
        for block in range(len(self._blocks)):
            self.blend(frame, frame, block)

    def _find(self, top, bottom, left, right):
        return tuple(number for number, ((rows, columns), _, _) in enumerate(self._blocks)
                     if rows.start < bottom and top < rows.stop and columns.start < right and left < columns.stop)

    def met(self, where):
        """tuple of the numbers of the blocks that a patch at `where`, slices of rows and columns, meets."""
        rows, columns = where
        return self._met(int(rows.start), int(rows.stop), int(columns.start), int(columns.stop))
