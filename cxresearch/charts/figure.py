"""A picture that says in words what it shows."""

import base64
import io
import os
import re

import matplotlib
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure as MatplotlibFigure
from matplotlib.text import Text

from cxresearch.display import FIGURE, TABLE, table, visible
from cxresearch.environment import RUN
from cxresearch.masking import masked

if os.environ.get(RUN):  # the pictures of a report are the same whatever style its maker likes
    matplotlib.rcdefaults()

INK, SOFT, LINE = "#1c2733", "#51606e", "#d5dce3"
BLUE, ORANGE = "#0b5c86", "#c2571a"  # told apart by the colour-blind and in grey
WIDTH, DPI = 7.4, 160
POWER = re.compile(r"\$\\mathdefault\{[-−]?[\d.]+(\\times\d+)?(\^\{[-−]?[\d.]+\})?\}\$")


def points(axes, at, middle, low, high, color, sideways=False, size=5, label=None):
    """Draw points with their intervals: upright at places along the x-axis, or sideways at places along the y-axis."""
    reach = [middle - low, high - middle]
    where = {"x": middle, "y": at, "xerr": reach} if sideways else {"x": at, "y": middle, "yerr": reach}
    axes.errorbar(**where, fmt="o", color=color, capsize=3, markersize=size, label=label)


class Figure(MatplotlibFigure):
    """A matplotlib figure with alt text, a caption and its numbers.

    Parameters
    ----------
    height : float
        Inches; the width is that of the page.
    """

    def __init__(self, height=3.6):
        super().__init__(figsize=(WIDTH, height), dpi=DPI, layout="constrained")
        FigureCanvasAgg(self)
        self.alt = self.caption = ""
        self.numbers = None

    def say(self, alt, caption, numbers):
        """Give the picture its alt text (what it shows), its caption and the frame of its numbers; returns the figure."""
        self.alt, self.caption, self.numbers = alt, caption, numbers
        return self

    @property
    def data(self):
        """The numbers of the picture, a frame that is the reader's own."""
        return None if self.numbers is None else self.numbers.copy()

    def __repr__(self):
        return f"<Figure: {visible(self.alt)}>" if self.alt else super().__repr__()

    def panel(self, *where, xlabel="", ylabel=""):
        """An axes in the house style."""
        axes = self.add_subplot(*where)
        axes.spines[["top", "right"]].set_visible(False)
        axes.spines[["left", "bottom"]].set_color(SOFT)
        axes.tick_params(colors=SOFT, labelsize=9)
        axes.set_xlabel(xlabel, color=INK, fontsize=9.5)
        axes.set_ylabel(ylabel, color=INK, fontsize=9.5)
        axes.grid(axis="y", color=LINE, linewidth=0.6)
        axes.set_axisbelow(True)
        return axes

    def draw(self, renderer):
        """Draw every text as it is written, but for personal data: a label is data, and a dollar sign in it begins no formula.

        What matplotlib itself writes at the ticks of a logarithmic axis stays set as a power.
        """
        for text in self.findobj(Text):
            said = visible(masked(text.get_text()))
            text.set_text(said)
            if "$" in said and not POWER.fullmatch(said):
                text.set_parse_math(False)
        if not hasattr(renderer, "unmasked"):  # the labels of ticks are written anew while an axis is drawn
            renderer.unmasked = renderer.draw_text
            renderer.draw_text = lambda gc, x, y, said, *rest, **more: renderer.unmasked(
                gc, x, y, masked(said), *rest, **more
            )
        super().draw(renderer)

    def _repr_mimebundle_(self, include=None, exclude=None):
        if not self.alt:
            raise ValueError("a picture without alt text: call say(alt, caption, numbers)")
        buffer = io.BytesIO()
        self.canvas.print_png(buffer, metadata={"Software": None})  # savefig would draw it once more before
        wide, high = self.get_size_inches() * 100
        numbers = table(self.numbers, self.caption)._repr_mimebundle_()[TABLE]
        return {
            "text/plain": visible(self.alt),
            "image/png": base64.b64encode(buffer.getvalue()).decode(),
            FIGURE: {"alt": visible(self.alt), "width": round(wide), "height": round(high), **numbers},
        }
