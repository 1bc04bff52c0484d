"""Networks of the memory core in torch: a library to train and measure with. The server's hot path does not need it."""
