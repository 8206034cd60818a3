"""From what a student handed in to text with known definitions: student code is never run here."""
