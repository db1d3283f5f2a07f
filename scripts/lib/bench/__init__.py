"""The parts of scripts/bench that time loops: programs that have the same loops, asked in turn."""
