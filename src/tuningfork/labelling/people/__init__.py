"""Several people and one question: who may do what, who holds what, how far they agree, and what follows."""
