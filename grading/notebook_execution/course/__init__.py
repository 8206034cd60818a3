"""Files of the course's package for hand-ins that leave them out; they are written out, and never imported here."""
