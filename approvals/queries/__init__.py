"""Reads for pages: the inbox, an action, the map, what fell through. Each page knows how many queries it may take."""
