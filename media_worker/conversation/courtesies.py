"""What people put after a wish without changing it."""

AFTER = ("please", "thanks", "thank you")
