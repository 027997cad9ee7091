"""The parts of the screen of one pipeline, one a subject: `screens/pipeline.py` joins them."""
