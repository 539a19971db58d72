"""Files that come in: uploaded, read, mapped, checked in a dry run, committed in the background, undone."""
