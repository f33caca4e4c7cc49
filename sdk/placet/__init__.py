"""Placet for those who ask: receipts, clients, callbacks. No Django here, ever."""
