"""Networks: architectures without weights, and the zoo of trained models. Imports core only."""
