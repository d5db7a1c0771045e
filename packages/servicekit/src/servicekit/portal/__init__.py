"""The portal: the page for people at a server's address. What the server is for, how to connect, one's own tools."""
