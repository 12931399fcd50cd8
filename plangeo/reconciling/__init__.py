"""Reconciling two lists of projects: which entry is which, what differs, and what only an officer can say."""
