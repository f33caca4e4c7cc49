"""`python -m tests.sdk.forge` writes the vectors anew."""

from . import FOLDER, files

for name, text in files().items():
    (FOLDER / name).write_text(text)
