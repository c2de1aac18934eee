"""A run: cases asked, what came back measured, stored in a folder, told as JSON and Markdown."""
