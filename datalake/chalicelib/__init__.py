"""The data lake's rooms; a request goes request → key → rights → store → reply."""
