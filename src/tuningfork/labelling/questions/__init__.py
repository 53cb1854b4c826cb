"""Questions that come from files: several classes, several labels at once, or a decision tree."""
