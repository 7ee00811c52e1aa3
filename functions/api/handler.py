"""The Lambda function of REST: `api.handler.handler`."""

import gc
from importlib import import_module

# What is loaded stays. Looking for garbage among it would take a tenth of the start.
gc.disable()
handler = import_module("api.function").handler
gc.freeze()
gc.enable()
