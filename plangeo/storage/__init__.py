"""What is kept on disk: layers ready for measuring, in files that prove themselves."""
