"""Arrays in, arrays out: each stage does one thing to its arguments and knows neither disk nor jobs."""
