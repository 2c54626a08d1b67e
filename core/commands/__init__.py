"""What can be asked at the command line: each command's arguments, and what it does with the code of the pages."""
