"""What server and client of one protocol have in common; knows neither of them."""
