"""Other stream processors with our core inside, each as a process of its own. May not: be needed by the program."""
