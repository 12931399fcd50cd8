"""Letters: Vietnamese text in older encodings, told by spelling and turned into Unicode."""
