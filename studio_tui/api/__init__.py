"""Client of the Studio API. The only package that imports httpx and websockets."""
