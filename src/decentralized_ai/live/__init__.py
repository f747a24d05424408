"""How a demo is shown: in a notebook, on a page of the book, in the browser."""
