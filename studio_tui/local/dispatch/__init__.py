"""What runs next: the dispatcher and the scheduler."""
