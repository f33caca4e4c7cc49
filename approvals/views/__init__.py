"""The pages. Each turns a request into one read or one verb, and the answer back into HTML."""
