"""The sheets of the workbook, one kind a file."""
