"""What the tests of the networks share."""

import torch

torch.set_num_threads(1)  # these tensors are small: a second thread costs more than it brings
