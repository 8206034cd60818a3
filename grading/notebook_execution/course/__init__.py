"""Files of the course's package for hand-ins without them; they are copied, and never imported here."""
