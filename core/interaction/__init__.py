"""From clicks, a box or a rough mask to one object: prompts, training, answers, evaluation."""
