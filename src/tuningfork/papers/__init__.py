"""Published tables made again: settings as data, a run, ours beside the paper's."""
