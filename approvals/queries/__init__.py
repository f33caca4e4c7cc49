"""Reads for pages: the inbox, one action, and the gaps nobody owns. Each page knows how many queries it may take."""
