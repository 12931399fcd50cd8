"""The officer's decisions: read from a file, shown beside the machine's verdict, flagged when what they rested on has changed."""
