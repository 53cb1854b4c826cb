"""What a full memory looks like, of a processor or of a card."""

__all__ = ["is_out_of_memory"]

_SIGNS = ("out of memory", "allocate memory", "ALLOC_FAILED", "not enough memory")


def is_out_of_memory(error: BaseException) -> bool:
    """Whether an error says that memory ran out: Python's, torch's on a processor, on CUDA or on Apple's GPU.

    Torch has a class of its own for CUDA's alone; the others are told by their words.
    """
    if isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError":
        return True
    return isinstance(error, RuntimeError) and any(sign in str(error) for sign in _SIGNS)
