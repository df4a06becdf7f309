"""The worker of dspex's Python port: runs DSPy programs for a node.

A node starts `python -m dspex_worker` with one end of a socket pair and talks
to it in frames of JSON; `protocol` has the words. Nothing here is for use
outside such a process.
"""

# Changes when a node and a worker of different ages would not understand each
# other.
PROTOCOL_VERSION = 1
