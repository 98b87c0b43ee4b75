"""What the real lab draws around and over the screen, put over frames of the embedded one; and looks drawn at random.

`real` is the HUD in its places, `random` anything: colours, bands and noise around the screen (red ones and black ones too),
blocks in the lower quarter, a crosshair in the middle.
"""
import numpy as np

from meta_rl.psychlab import camera

# x0, x1, y0, y1 in a grid of 640x480, and a colour: measured on DeepMind Lab.
HUD = ((280, 312, 380, 412, (120, 110, 100)), (316, 356, 376, 416, (200, 190, 60)), (600, 640, 404, 428, (1, 2, 86)),
       (0, 96, 432, 480, (255, 175, 0)), (108, 144, 432, 480, (0, 147, 255)), (185, 281, 432, 480, (255, 255, 255)),
       (574, 632, 2, 17, (255, 255, 255)))
CROSSHAIR = 317, 323, 237, 243  # of the same grid
LOOKS = 'flat', 'real', 'random'


def _place(frame, x0, x1, y0, y1):
    height, width = frame.shape[:2]
    return frame[y0 * height // 480:-(-y1 * height // 480), x0 * width // 640:-(-x1 * width // 640)]


def real(frame):
    """Draws the HUD over a frame, uint8 [H, W, 3]. Returns it."""
    for x0, x1, y0, y1, colour in HUD:
        _place(frame, x0, x1, y0, y1)[:] = colour
    if frame.shape[1] > 200:  # less than two of 255 in smaller ones
        spot = _place(frame, *CROSSHAIR)
        spot[:] = np.maximum(spot * .784, 31)
    return frame


class RandomLook:
    """A look drawn with a np.random.RandomState for frames of `height` x `width` pixels."""

    def __init__(self, random, height, width):
        kind = random.randint(6)
        colour = random.randint(256, size=3) * (random.rand(3) < .7)
        around = np.zeros((height, width, 3)) + colour
        if kind == 1:
            around = np.zeros((height, width, 3))
        elif kind == 2:
            around[:] = 255 - random.randint(60), random.randint(40), random.randint(40)
        elif kind == 3:
            around = random.randint(256, size=(height, width, 3))
        elif kind == 4:  # bands, upright or lying
            bands = np.repeat(random.randint(256, size=(40, 3)), random.randint(1, 12, size=40), 0)
            bands = np.resize(bands, (max(height, width), 3))
            around = np.broadcast_to(bands[:height, None] if random.randint(2) else bands[None, :width], (height, width, 3))
        elif kind == 5:  # red spots on black
            around = np.zeros((height, width, 3))
            around[random.rand(height, width) < .1] = 255, 0, 0
        self._around = around.astype(np.uint8)
        self._blocks = []
        for _ in range(random.randint(9)):
            top, left = random.randint(-(-3 * height // 4), height), random.randint(width)
            place = slice(top, top + random.randint(1, height // 8)), slice(left, left + random.randint(1, width // 4))
            self._blocks.append((place, random.randint(256, size=3)))
        size = random.randint(max(2, width // 40) + 1)
        self._crosshair = tuple(slice(side // 2 - size // 2, side // 2 - size // 2 + size) for side in (height, width))
        self._grey = random.randint(61)

    def __call__(self, frame, on_screen):
        """Draws it over a frame; on_screen: bool [H, W], where that shows the screen. Returns the frame."""
        np.copyto(frame, self._around, where=~on_screen[:, :, None])
        for place, colour in self._blocks:
            frame[place] = colour
        frame[self._crosshair] = self._grey
        return frame


class Dressed:
    """An embedded Lab, asked for RGB_INTERLEAVED, whose frames have a look out of LOOKS."""

    def __init__(self, lab, look='real'):
        self.hidden, self._look, self._drawn, self._random = lab, look, None, np.random.RandomState(0)

    def reset(self, *args, **kwargs):
        self._drawn = None
        return self.hidden.reset(*args, **kwargs)

    def observations(self):
        return {name: self._dress(frame) if name == 'RGB_INTERLEAVED' else frame
                for name, frame in self.hidden.observations().items()}

    def _dress(self, frame):
        if self._look == 'real':
            return real(frame)
        if self._look == 'random':
            if self._drawn is None:
                self._drawn = RandomLook(self._random, *frame.shape[:2])
            return self._drawn(frame, self._on_screen(frame))
        return frame

    def _on_screen(self, frame):
        height, width = frame.shape[:2]
        state = self.hidden.state()
        pose = [camera.degrees_to_shorts(state[name]) for name in ('pitch', 'yaw')]
        view = camera.camera(width, height).view(pose[0], pose[1], self.hidden._drop())
        return (view.background == camera.COLOURS[camera.SCREEN]).all(2)

    def __getattr__(self, name):
        if name == 'hidden' or name.startswith('__'):  # while it is unpickled
            raise AttributeError(name)
        return getattr(self.hidden, name)
