"""Overlay: what is drawn over a frame and stays where it is while the viewer turns, with blended edges."""
import functools

import numpy as np


def block(rows, columns, alpha, colour):
    """A block of an Overlay: slices of rows and columns, float [h, w] of 0 to 1, float [h, w, 3] of 0 to 255."""
    clear = np.round((1 - alpha[:, :, None]) * 256).astype(np.uint16)
    return (rows, columns), clear, np.round(alpha[:, :, None] * colour * 256 + 128).astype(np.uint16)


class Overlay:
    """Blocks of pixels to blend over frames of one size.

    Args:
      height: int, of the frames.
      blocks: list of what `block` gives; None: left out.
      middle: one more block, in the middle of the frame, where pictures often are. None: there is none.
    """

    def __init__(self, height, blocks, middle=None):
        self._blocks = [found for found in blocks + [middle] if found is not None]
        self.middle = middle is not None
        self._still = len(self._blocks) - self.middle
        # Rows between which, in the middle of the frame, it has no blocks: there most pictures hang.
        above, below = [], []
        for (rows, _), _, _ in self._blocks[:self._still]:
            (above if rows.start < height // 2 else below).append(rows)
        self.free_from, self.free_to = max([rows.stop for rows in above] or [0]), min([rows.start for rows in below] or [height])
        # By a patch's (first row, row after the last, the same of columns): the blocks that it meets.
        self._met = functools.lru_cache(maxsize=4096)(self._find)

    def blend(self, frame, plain, block):
        """Draws one block into `frame`, over what `plain` has there; both uint8 [H, W, 3], or one and the same array."""
        where, clear, light = self._blocks[block]
        frame[where] = (plain[where] * clear + light) >> 8

    def draw(self, frame):
        """Draws it over `frame`, uint8 [H, W, 3], in place, but for the middle."""
        for block in range(self._still):
            self.blend(frame, frame, block)

    def draw_middle(self, frame):
        """Draws the block in the middle over `frame`, in place."""
        for block in range(self._still, len(self._blocks)):
            self.blend(frame, frame, block)

    def _find(self, top, bottom, left, right):
        return tuple(number for number, ((rows, columns), _, _) in enumerate(self._blocks[:self._still])
                     if rows.start < bottom and top < rows.stop and columns.start < right and left < columns.stop)

    def met(self, where):
        """tuple of the numbers of the blocks, but for the middle, that a patch at `where`, slices of rows and columns, meets."""
        rows, columns = where
        return self._met(rows.start, rows.stop, columns.start, columns.stop)
