"""Two runs held against one another: which sites changed, and what in the inputs, the law or the program changed them."""
