"""The backend's GUI talk → text for a user who has no screen, and the actions it stands for. Pure.

`translation` is the way in, `sentences` finds where a sentence ends, `steps` reads one; the words are
data, in `phrases`, `phrases_en`, `phrases_zh` and `grammar`. docs/screen.md tells how to teach it a
phrase.
"""

from skill.screentalk.phrases import GuiAction
from skill.screentalk.translation import Translation, Translator, sentences_for, translate

__all__ = ["GuiAction", "Translation", "Translator", "sentences_for", "translate"]
