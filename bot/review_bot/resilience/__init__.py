"""What is done about engines that fail, are slow or ask to wait; pure, or with clock and sleep given from outside."""
