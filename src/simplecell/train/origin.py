"""Where the pictures of a run come from, kept in its folder."""

from pathlib import Path

from simplecell.data.sources import Dataset
from simplecell.train.callbacks import Callback
from simplecell.train.folder import RunFolder


class Origin(Callback):
    """Writes beside the run where its pictures are, and which files were left out."""

    def __init__(
        self, folder: RunFolder, dataset: Dataset, data: str, data_dir: Path | None
    ) -> None:
        self.folder, self.skipped = folder, dataset.skipped
        self.data, self.data_dir = data, data_dir

    def begin(self, epochs: int, steps: int) -> None:
        """Write source.json; and skipped.csv: path, reason."""
        self.folder.save_source(self.data, self.data_dir)
        if self.skipped:
            self.folder.save_skipped(self.skipped)
