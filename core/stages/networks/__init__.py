"""The networks: CNNs (backbones), the recurrent network, the text branch, and explanations of them."""
