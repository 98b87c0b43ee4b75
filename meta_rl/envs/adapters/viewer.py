"""A window that shows frames, by tkinter, which is in the standard library."""
import functools
import importlib.util
import os
import sys
import time

from meta_rl.config import ConfigError

SIDE = 420  # pixels, about: frames are enlarged to it


def displayed():
    """bool: windows can be opened here. Where there may be an X server, which one is tried."""
    if importlib.util.find_spec('tkinter') is None:
        return False
    if sys.platform in ('win32', 'darwin'):
        return True
    return bool(os.environ.get('DISPLAY')) and _answers(os.environ['DISPLAY'])


@functools.lru_cache(maxsize=None)
def _answers(display):
    try:
        import tkinter
        tkinter.Tk(screenName=display).destroy()
        return True
    except Exception:  # ImportError, or tkinter's own TclError, which cannot be named where it is missing
        return False


class Viewer:
    """Raises: ConfigError where there is no display, or no tkinter."""

    def __init__(self, title):
        try:
            import tkinter
            self._root = tkinter.Tk()
        except Exception as error:  # ImportError, or tkinter's own TclError, which cannot be named where it is missing
            raise ConfigError(f"render_mode is 'human', and no window can be opened ({error}): choose 'rgb_array', or run "
                              'this where there is a display and Python has tkinter.')
        self._root.title(title)
        self._make_image, self._closed = tkinter.PhotoImage, tkinter.TclError
        self._label = tkinter.Label(self._root)
        self._label.pack()
        self._shown_at = 0.

    def show(self, frame, seconds):
        """Shows `frame` (uint8 [H, W, 3], RGB) as soon as the one before it has been there for so many seconds."""
        if self._root is None:
            return
        time.sleep(max(0., self._shown_at + seconds - time.monotonic()))
        height, width, _ = frame.shape
        try:
            image = self._make_image(master=self._root, data=b'P6 %d %d 255 ' % (width, height) + frame.tobytes())
            # Kept, as tkinter does not show an image that nobody holds.
            self._image = image.zoom(max(SIDE // max(height, width), 1))
            self._label.configure(image=self._image)
            self._root.update()
        except self._closed:  # by its user
            self._root = None
        self._shown_at = time.monotonic()

    def close(self):
        """Closes the window. A second time does nothing."""
        if self._root is not None:
            try:
                self._root.destroy()
            except self._closed:
                pass
            self._root = None
