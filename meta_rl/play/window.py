"""Window: frames enlarged, decisions by the arrow keys, by means of tkinter, which comes with most Pythons."""
import io

from PIL import Image

from meta_rl.play.keys import KEYS, QUIT
from meta_rl.psychlab.task import TRIALS

SIDE = 588                      # pixels that a frame is enlarged to at most: seven times 84
SHOWN = 600                     # milliseconds that a reward stands before the next decision can be made
TICK = 200                      # milliseconds
BACK, TEXT, RIGHT, WRONG = '#16191f', '#eceff4', '#57c785', '#eb5f5f'
HELP = 'arrow keys, or a and d, or l and r; q ends'


def opened():
    """(a new window or None, why there is none or None)."""
    try:
        import tkinter
    except ImportError:
        return None, 'this Python has no tkinter'
    try:
        return tkinter.Tk(), None
    except tkinter.TclError as error:
        return None, str(error)


def play(game, root):
    """Has somebody play a playing.Game in the window `root`, to its end, to a q or until the window is closed."""
    window = Window(game, root)
    try:
        root.mainloop()
    finally:
        window.close()
    if window.failure:
        raise window.failure


class Window:
    """What `root`, a tkinter.Tk, shows of a playing.Game, and what its keys do.

    Attributes: failure, the exception that ended it, or None.
    """

    def __init__(self, game, root):
        import tkinter
        self._game, self._root, self._waits, self._tkinter = game, root, False, tkinter
        root.title('harlow')
        root.configure(bg=BACK, padx=16, pady=12)
        self._where, self._frame, self._marks, self._told = (
            tkinter.Label(root, bg=BACK, fg=TEXT, font=('DejaVu Sans', size)) for size in (14, 14, 22, 14))
        self._frame.configure(borderwidth=0, highlightthickness=4)
        for label in (self._where, self._frame, self._marks, self._told):
            label.pack(pady=3)
        self._told.configure(text=f'Left or right? ({HELP})')
        root.bind('<Key>', self._pressed)
        root.protocol('WM_DELETE_WINDOW', self.close)
        root.report_callback_exception = self._failed
        self.failure = None
        self._tick()
        self._draw()

    def close(self):
        """Ends it; a second time does nothing."""
        try:
            self._root.destroy()
        except self._tkinter.TclError:
            pass

    def _tick(self):
        self._root.after(TICK, self._tick)  # Python sees a Ctrl-C only when Tk hands over to it

    def _draw(self):
        game = self._game
        if game.frame is None:
            self.close()
            return
        self._waits = False
        height, width = game.frame.shape[:2]
        times = max(SIDE // max(width, height), 1)
        data = io.BytesIO()
        Image.fromarray(game.frame).resize((width * times, height * times), Image.NEAREST).save(data, 'PPM')
        self._picture = self._tkinter.PhotoImage(data=data.getvalue())  # tkinter does not keep it
        self._frame.configure(image=self._picture, highlightbackground=BACK)
        self._where.configure(text=f'{game.where}, {game.total:g} so far')
        self._mark(game.correct)

    def _mark(self, correct):
        known = ''.join('\u2714' if one else '\u2718' for one in correct)
        self._marks.configure(text=' '.join(known + '\u25cb' * (TRIALS - len(known))))

    def _pressed(self, event):
        key = event.keysym.lower()
        if key in QUIT:
            self.close()
        elif key in KEYS and not self._waits:
            self._waits = True
            right, told = self._game.choose(KEYS[key])
            colour = RIGHT if right else WRONG
            self._mark(self._game.correct or self._game.finished[-1])
            self._told.configure(text=told, fg=colour)
            self._frame.configure(highlightbackground=colour)
            self._root.after(SHOWN, self._draw)

    def _failed(self, kind, error, traceback):
        self.failure = error
        self.close()
